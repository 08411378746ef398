package telos.nn;

import java.util.Arrays;
import telos.tensor.Tensor;

/// Normalisation of the last axis. A stack of norms (an ensemble) is one norm: gain and bias `[E,
/// D]` meet `x [E, ..., D]`.
public sealed interface Norm extends Layer permits LayerNorm, RmsNorm {
  /// `[D]` or `[E, D]`, initially one.
  Tensor gain();

  /// What is added to the variance or the mean square before the root.
  double eps();

  /// A stacked parameter `[E, D]` so shaped that it meets `x [E, ..., D]`.
  static Tensor stacked(Tensor parameter, Tensor x) {
    int[] dims = new int[x.rank()];
    Arrays.fill(dims, 1);
    dims[0] = parameter.dim(0);
    dims[x.rank() - 1] = parameter.dim(-1);
    return parameter.reshape(dims);
  }
}
