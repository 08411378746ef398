package telos.nn;

import java.util.ArrayList;
import java.util.List;
import telos.tensor.Tensor;

/// The square windows of an image that pooling looks through.
///
/// @param size extent of a window
/// @param stride from one window to the next
/// @param padding on each of the four sides, at most half a window, so that none is all padding
record Windows(int size, int stride, int padding) {
  Windows {
    if (size < 1 || stride < 1 || padding < 0 || 2 * padding > size) {
      throw new IllegalArgumentException(
          "pooling: windows of "
              + size
              + ", stride "
              + stride
              + ", padding "
              + padding
              + "; needs positive sizes and a padding of at most half a window");
    }
  }

  /// The elements of all windows, `[size^2, B, C, oh, ow]`: first those at the upper left.
  ///
  /// @param x `[B, C, H, W]`
  /// @param outside what stands around the image
  Tensor of(Tensor x, double outside) {
    Tensor padded = padding == 0 ? x : padded(x, outside);
    int rows = windows(padded, 2);
    int columns = windows(padded, 3);
    List<Tensor> elements = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      for (int j = 0; j < size; j++) {
        elements.add(every(every(padded, 2, i, rows), 3, j, columns));
      }
    }
    return Tensor.stack(0, elements);
  }

  private Tensor padded(Tensor x, double outside) {
    int[] frame = {0, 0, padding, padding};
    Tensor padded = x.pad(frame, frame);
    if (outside == 0) {
      return padded;
    }
    Tensor inside = x.device().with(() -> Tensor.ones(1, 1, x.dim(2), x.dim(3))).pad(frame, frame);
    return padded.maskedFill(inside.eq(0), outside);
  }

  private int windows(Tensor padded, int axis) {
    if (padded.rank() != 4 || padded.dim(axis) < size) {
      throw new IllegalArgumentException(
          "pooling: no window of " + size + " fits padded " + padded.shape() + ", [B, C, H, W]");
    }
    return (padded.dim(axis) - size) / stride + 1;
  }

  /// `count` positions of an axis, `stride` apart.
  private Tensor every(Tensor x, int axis, int from, int count) {
    int[] start = new int[4];
    int[] stop = x.shape().dims();
    int[] step = {1, 1, 1, 1};
    start[axis] = from;
    stop[axis] = from + (count - 1) * stride + 1;
    step[axis] = stride;
    return x.slice(start, stop, step);
  }
}
