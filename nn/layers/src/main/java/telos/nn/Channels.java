package telos.nn;

import java.util.Arrays;
import telos.tensor.Tensor;

/// One number a channel: axis 1 of images `[B, C, H, W]` and of anything else `[B, C, ...]`.
final class Channels {
  private Channels() {}

  /// `values`, `[C]` or `[B, C]`, so shaped that they meet the channels of `x [B, C, ...]`.
  static Tensor along(Tensor values, Tensor x) {
    int[] dims = new int[x.rank()];
    Arrays.fill(dims, 1);
    dims[0] = values.rank() == 2 ? values.dim(0) : 1;
    dims[1] = values.dim(-1);
    return values.reshape(dims);
  }

  /// Refuses what has not `channels` of them.
  static void require(String what, int channels, Tensor x) {
    if (x.rank() < 2 || x.dim(1) != channels) {
      throw new IllegalArgumentException(
          what + ": input " + x.shape() + " is not [B, C, ...] with C = " + channels);
    }
  }
}
