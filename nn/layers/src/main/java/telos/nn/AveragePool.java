package telos.nn;

import telos.tensor.Tensor;

/// The mean of each square window; padding counts as zeros, as in PyTorch.
///
/// @param size extent of a window
/// @param stride from one window to the next
/// @param padding on each of the four sides, at most half a window
public record AveragePool(int size, int stride, int padding) implements Layer {
  public AveragePool {
    new Windows(size, stride, padding);
  }

  /// @param x `[B, C, H, W]`
  /// @return `[B, C, (H + 2 padding - size) / stride + 1, (W + 2 padding - size) / stride + 1]`
  @Override
  public Tensor call(Tensor x) {
    return new Windows(size, stride, padding).of(x, 0).mean(0);
  }
}
