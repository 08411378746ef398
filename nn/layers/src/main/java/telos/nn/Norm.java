package telos.nn;

import telos.tensor.Tensor;

/// Normalisation of the last axis.
public sealed interface Norm extends Layer permits LayerNorm, RmsNorm {
  /// `[D]`, initially one.
  Tensor gain();

  /// What is added to the variance or the mean square before the root.
  double eps();
}
