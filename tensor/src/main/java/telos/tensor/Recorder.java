package telos.tensor;

import java.util.List;

/// Sees every operation that runs while it is bound. `autograd` binds a tape; nothing is recorded
/// outside.
public interface Recorder {
  ScopedValue<Recorder> CURRENT = ScopedValue.newInstance();

  /// Called after an operation has run, with all its outputs (residuals included).
  void record(Op op, List<Tensor> outputs);

  /// Where in the model a tensor comes from, such as the path of the nearest parameter upstream; an
  /// empty string where unknown. Used in error messages only.
  default String whereabouts(Op op) {
    return "";
  }
}
