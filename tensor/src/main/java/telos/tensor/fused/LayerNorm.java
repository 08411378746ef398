package telos.tensor.fused;

import java.util.List;
import java.util.Objects;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;
import telos.tensor.DType;
import telos.tensor.Op;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// Layer normalisation (Ba et al. 2016) along the last axis: `y = (x - mean) / sqrt(variance + eps)
/// * gain + bias`, the biased variance, in two passes.
///
/// Residuals: mean and `1 / sqrt(variance + eps)` of each row, `[...]` each.
///
/// @param x `[..., D]`
/// @param gain `[D]`
/// @param bias `[D]`
public record LayerNorm(Tensor x, Tensor gain, Tensor bias, double eps)
    implements Op.Differentiable {
  public LayerNorm {
    Shape width = x.shape().slice(x.rank() - 1, x.rank());
    if (!gain.shape().equals(width) || !bias.shape().equals(width)) {
      throw new IllegalArgumentException(
          "layerNorm: gain "
              + gain.shape()
              + " and bias "
              + bias.shape()
              + " must be "
              + width
              + " for input "
              + x.shape());
    }
  }

  @Override
  public List<Tensor> inputs() {
    return List.of(x, gain, bias);
  }

  @Override
  public LayerNorm with(List<Tensor> in) {
    return new LayerNorm(in.get(0), in.get(1), in.get(2), eps);
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
    Tensor mean = x.mean(-1);
    Tensor centred = x.sub(mean.unsqueeze(-1));
    Tensor rstd = centred.square().mean(-1).add(eps).rsqrt();
    return List.of(centred.mul(rstd.unsqueeze(-1)).mul(gain).add(bias), mean, rstd);
  }

  @Override
  public List<@Nullable Tensor> vjp(
      List<Tensor> outputs, List<@Nullable Tensor> cotangents, IntPredicate wanted) {
    Tensor g = Objects.requireNonNull(cotangents.getFirst());
    return List.copyOf(new LayerNormGrad(x, gain, outputs.get(1), outputs.get(2), g).outputs());
  }
}
