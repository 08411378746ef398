package telos.nn;

import telos.tensor.Tensor;

/// `[B, ...]` as `[B, D]`: from the last convolution to the first linear layer.
public record Flatten() implements Layer {
  @Override
  public Tensor call(Tensor x) {
    return x.reshape(x.dim(0), x.size() / Math.max(1, x.dim(0)));
  }
}
