package telos.tensor.fused;

import java.util.List;
import telos.tensor.DType;
import telos.tensor.Op;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// Derivative of [LayerNorm]; results: of `x [..., D]`, of the gain `[D]`, of the bias `[D]`.
///
/// With `n = (x - mean) rstd` and `h = g gain` the first is `rstd (h - mean(h) - n mean(h n))`,
/// means along the row.
///
/// @param mean `[...]`
/// @param rstd `[...]`
/// @param g `[..., D]`
public record LayerNormGrad(Tensor x, Tensor gain, Tensor mean, Tensor rstd, Tensor g)
    implements Op.Fused {
  @Override
  public List<Tensor> inputs() {
    return List.of(x, gain, mean, rstd, g);
  }

  @Override
  public LayerNormGrad with(List<Tensor> in) {
    return new LayerNormGrad(in.get(0), in.get(1), in.get(2), in.get(3), in.get(4));
  }

  @Override
  public int resultCount() {
    return 3;
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
    Tensor n = x.sub(mean.unsqueeze(-1)).mul(scale);
    Tensor h = g.mul(gain);
    Tensor along = h.mul(n).mean(-1).unsqueeze(-1);
    Tensor dx = h.sub(h.mean(-1).unsqueeze(-1)).sub(n.mul(along)).mul(scale);
    return List.of(dx, g.mul(n).sumTo(gain.shape()), g.sumTo(gain.shape()));
  }
}
