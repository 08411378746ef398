package telos.tensor;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Sees every operation that runs while it is bound. `autograd` binds a tape; nothing is recorded
/// outside.
public interface Recorder {
  ScopedValue<Recorder> CURRENT = ScopedValue.newInstance();

  /// Whether one is bound on this thread.
  static boolean active() {
    return Dispatch.recorder() != null;
  }

  /// Called after an operation has run, with all its outputs (residuals included).
  void record(Op op, List<Tensor> outputs);

  /// Whether it has a use for an operation as a whole, as an exporter has where its format has an
  /// operator for it; see [Op.Fused#inlined].
  default boolean knows(Op.Fused op) {
    return false;
  }

  /// Where in the model a tensor comes from, such as the path of the nearest parameter upstream; an
  /// empty string where unknown. Used in error messages only.
  default String whereabouts(Op op) {
    return "";
  }

  /// What one recorder knows of one tensor. It hangs on the tensor, where it is found without a
  /// table; the tensor itself never looks at it. The tensor must have been made, by an operation or
  /// as an alias, while the recorder was bound: only its own thread writes here.
  abstract class Note {
    private final Recorder recorder;
    private @Nullable Note older;

    protected Note(Recorder recorder) {
      this.recorder = recorder;
    }

    /// Hangs this on a tensor.
    public void attach(Tensor tensor) {
      older = tensor.note;
      tensor.note = this;
    }

    /// What `recorder` has attached to a tensor last, or null.
    public static @Nullable Note of(Tensor tensor, Recorder recorder) {
      Note note = tensor.note;
      while (note != null && note.recorder != recorder) {
        note = note.older;
      }
      return note;
    }
  }
}
