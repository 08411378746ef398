package telos.nn;

import telos.tensor.Tensor;

/// One number a channel: `[B, C, ...]` becomes `[B, C]`.
public enum GlobalPool implements Layer {
  /// The mean (Lin et al. 2014).
  MEAN,
  /// The largest; equal ones share the derivative.
  MAX;

  @Override
  public Tensor call(Tensor x) {
    Tensor flat = x.reshape(x.dim(0), x.dim(1), -1);
    return switch (this) {
      case MEAN -> flat.mean(-1);
      case MAX -> flat.max(-1);
    };
  }
}
