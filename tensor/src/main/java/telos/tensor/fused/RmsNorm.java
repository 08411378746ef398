package telos.tensor.fused;

import java.util.List;
import java.util.Objects;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;
import telos.tensor.DType;
import telos.tensor.Op;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// Root-mean-square normalisation (Zhang and Sennrich 2019) along the last axis: `y = x /
/// sqrt(mean(x^2) + eps) * gain`.
///
/// Residual: `1 / sqrt(mean(x^2) + eps)` of each row, `[...]`.
///
/// @param x `[..., D]`
/// @param gain `[D]`
public record RmsNorm(Tensor x, Tensor gain, double eps) implements Op.Differentiable {
  public RmsNorm {
    if (!gain.shape().equals(x.shape().slice(x.rank() - 1, x.rank()))) {
      throw new IllegalArgumentException(
          "rmsNorm: gain " + gain.shape() + " does not fit the last axis of " + x.shape());
    }
  }

  @Override
  public List<Tensor> inputs() {
    return List.of(x, gain);
  }

  @Override
  public RmsNorm with(List<Tensor> in) {
    return new RmsNorm(in.get(0), in.get(1), eps);
  }

  @Override
  public Shape shape() {
    return x.shape();
  }

  @Override
  public DType dtype() {
    return x.dtype();
  }

  @Override
  public List<Tensor> definition() {
    Tensor rstd = x.square().mean(-1).add(eps).rsqrt();
    return List.of(x.mul(rstd.unsqueeze(-1)).mul(gain), rstd);
  }

  @Override
  public List<@Nullable Tensor> vjp(
      List<Tensor> outputs, List<@Nullable Tensor> cotangents, IntPredicate wanted) {
    Tensor g = Objects.requireNonNull(cotangents.getFirst());
    return List.copyOf(new RmsNormGrad(x, gain, outputs.get(1), g).outputs());
  }
}
