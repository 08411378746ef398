package telos.nn;

import java.util.Optional;
import telos.tensor.DType;
import telos.tensor.Rng;
import telos.tensor.Tensor;
import telos.tensor.fused.NarrowLinear;

/// The affine map `y = x W + b`.
///
/// The weights are stored `[in, out]` (the transpose of PyTorch's), so that a one-row product
/// streams them in order. A stack of layers is one layer: `[E, in, out]` with bias `[E, out]` meets
/// `x [E, ..., in]`.
///
/// @param weight `[in, out]` or `[E..., in, out]`; BF16 `[in, out]` where [Quantize] made it so
/// @param bias `[out]` or `[E..., out]`
public record Linear(Tensor weight, Optional<Tensor> bias) implements Projection {
  public Linear {
    boolean fits =
        weight.rank() >= 2
            && bias.map(b -> b.shape().equals(weight.shape().without(-2))).orElse(true);
    if (!fits) {
      throw new IllegalArgumentException(
          "linear: weight "
              + weight.shape()
              + bias.map(b -> " and bias " + b.shape() + " do not fit").orElse(" is no matrix")
              + "; needs [in, out] and [out]");
    }
  }

  /// With a bias.
  public static Linear of(Tensor weight, Tensor bias) {
    return new Linear(weight, Optional.of(bias));
  }

  /// Without a bias.
  public static Linear of(Tensor weight) {
    return new Linear(weight, Optional.empty());
  }

  /// Xavier-uniform weights and a zero bias.
  public static Linear init(int in, int out, Rng key) {
    return init(in, out, true, Init.xavierUniform(1), key);
  }

  /// Weights drawn by `init`; the bias, if any, starts at zero.
  public static Linear init(int in, int out, boolean bias, Init init, Rng key) {
    Tensor weight = init.draw(key, in, out);
    return bias ? of(weight, Tensor.zeros(out)) : of(weight);
  }

  @Override
  public int in() {
    return weight.dim(-2);
  }

  @Override
  public int out() {
    return weight.dim(-1);
  }

  /// @param x `[..., in]`
  /// @return `[..., out]`
  @Override
  public Tensor call(Tensor x) {
    Tensor b = bias.orElse(null);
    return weight.dtype() == DType.BF16
        ? new NarrowLinear(x, weight, null, b, false).result()
        : new telos.tensor.fused.Linear(x, weight, b).result();
  }
}
