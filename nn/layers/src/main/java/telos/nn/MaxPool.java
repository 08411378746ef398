package telos.nn;

import telos.tensor.Tensor;

/// The largest element of each square window; padding never wins. Equal largest elements share the
/// derivative (PyTorch gives it to the first).
///
/// @param size extent of a window
/// @param stride from one window to the next
/// @param padding on each of the four sides, at most half a window
public record MaxPool(int size, int stride, int padding) implements Layer {
  public MaxPool {
    new Windows(size, stride, padding);
  }

  /// @param x `[B, C, H, W]`
  /// @return `[B, C, (H + 2 padding - size) / stride + 1, (W + 2 padding - size) / stride + 1]`
  @Override
  public Tensor call(Tensor x) {
    return new Windows(size, stride, padding).of(x, Double.NEGATIVE_INFINITY).max(0);
  }
}
