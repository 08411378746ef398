package telos.tensor.fused;

import java.util.List;
import telos.tensor.DType;
import telos.tensor.Op;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// Derivative of [RmsNorm]; results: of `x [..., D]`, of the gain `[D]`.
///
/// With `n = x rstd` and `h = g gain` the first is `rstd (h - n mean(h n))`.
///
/// @param rstd `[...]`
/// @param g `[..., D]`
public record RmsNormGrad(Tensor x, Tensor gain, Tensor rstd, Tensor g) implements Op.Fused {
  @Override
  public List<Tensor> inputs() {
    return List.of(x, gain, rstd, g);
  }

  @Override
  public RmsNormGrad with(List<Tensor> in) {
    return new RmsNormGrad(in.get(0), in.get(1), in.get(2), in.get(3));
  }

  @Override
  public int resultCount() {
    return 2;
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
    Tensor scale = rstd.unsqueeze(-1);
    Tensor n = x.mul(scale);
    Tensor h = g.mul(gain);
    Tensor dx = h.sub(n.mul(h.mul(n).mean(-1).unsqueeze(-1))).mul(scale);
    return List.of(dx, g.mul(n).sumTo(gain.shape()));
  }
}
