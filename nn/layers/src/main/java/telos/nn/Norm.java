package telos.nn;

import telos.tensor.Tensor;

/// Normalisation of the last axis. A stack of norms (an ensemble) is one norm: gain and bias `[E,
/// D]` meet `x [E, ..., D]`.
public sealed interface Norm extends Layer permits LayerNorm, RmsNorm {
  /// `[D]` or `[E, D]`, initially one.
  Tensor gain();

  /// What is added to the variance or the mean square before the root.
  double eps();

  /// `x [E, ..., D]` as `[E, rows, D]`, to meet a stacked parameter `[E, D]`.
  static Tensor rows(Tensor x, Tensor parameter) {
    return x.reshape(parameter.dim(0), -1, parameter.dim(1));
  }
}
