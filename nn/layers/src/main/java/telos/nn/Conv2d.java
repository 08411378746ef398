package telos.nn;

import java.util.Optional;
import telos.tensor.Rng;
import telos.tensor.Tensor;

/// Convolution of images (a cross-correlation, as everywhere in this field), zeros around them.
///
/// @param weight `[O, C, kh, kw]`
/// @param bias `[O]`
/// @param stride step of the window along both axes
/// @param padding zeros on each of the four sides
public record Conv2d(Tensor weight, Optional<Tensor> bias, int stride, int padding)
    implements Layer {
  public Conv2d {
    boolean fits =
        weight.rank() == 4
            && bias.map(b -> b.rank() == 1 && b.dim(0) == weight.dim(0)).orElse(true);
    if (!fits || stride < 1 || padding < 0) {
      throw new IllegalArgumentException(
          "conv2d: weight "
              + weight.shape()
              + bias.map(b -> ", bias " + b.shape()).orElse("")
              + ", stride "
              + stride
              + ", padding "
              + padding
              + "; needs [O, C, kh, kw], [O], a positive stride and no negative padding");
    }
  }

  /// A square kernel with PyTorch's first values: weights and biases uniform within `1 / sqrt(C
  /// size^2)`, the fan-in (LeCun et al. 1998).
  public static Conv2d init(int in, int out, int size, int stride, int padding, Rng key) {
    Init init = Init.uniform(1 / Math.sqrt(in * size * size));
    return new Conv2d(
        init.draw(key.fold(0), out, in, size, size),
        Optional.of(init.draw(key.fold(1), out)),
        stride,
        padding);
  }

  /// @param x `[B, C, H, W]`
  /// @return `[B, O, (H + 2 padding - kh) / stride + 1, (W + 2 padding - kw) / stride + 1]`
  @Override
  public Tensor call(Tensor x) {
    Tensor y = x.conv2d(weight, stride, padding);
    return bias.map(b -> y.add(Channels.along(b, y))).orElse(y);
  }
}
