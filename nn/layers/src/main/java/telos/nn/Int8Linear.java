package telos.nn;

import java.util.Optional;
import telos.tensor.DType;
import telos.tensor.Fixed;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.fused.NarrowLinear;

/// The affine map `y = (x W) s + b` with weights of one byte and a scale for each output: a
/// [Linear] of a quarter of the memory, made by [Quantize#int8]. Its weights are constants; a
/// gradient flows through it, and to its bias.
///
/// @param weight I8 `[in, out]`
/// @param scale `[out]`
/// @param bias `[out]`
public record Int8Linear(Tensor weight, @Fixed Tensor scale, Optional<Tensor> bias)
    implements Projection {
  public Int8Linear {
    boolean fits =
        weight.rank() == 2
            && scale.shape().equals(Shape.of(weight.dim(1)))
            && bias.map(b -> b.shape().equals(scale.shape())).orElse(true);
    if (!fits) {
      throw new IllegalArgumentException(
          "int8Linear: weight "
              + weight.shape()
              + " and scale "
              + scale.shape()
              + bias.map(b -> " and bias " + b.shape()).orElse("")
              + " do not fit; needs [in, out], [out] and [out]");
    }
  }

  /// The nearest to a layer.
  static Int8Linear of(String path, Linear layer) {
    Int8 columns = Int8.of(path, layer.weight(), 0);
    return new Int8Linear(columns.weight(), columns.scale(), layer.bias());
  }

  /// The layer with F32 weights that this one stands for.
  public Linear widened() {
    return new Linear(weight.cast(DType.F32).mul(scale), bias);
  }

  @Override
  public int in() {
    return weight.dim(0);
  }

  @Override
  public int out() {
    return weight.dim(1);
  }

  /// @param x `[..., in]`
  /// @return `[..., out]`
  @Override
  public Tensor call(Tensor x) {
    return new NarrowLinear(x, weight, scale, bias.orElse(null), false).result();
  }
}
