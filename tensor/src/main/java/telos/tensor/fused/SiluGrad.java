package telos.tensor.fused;

import java.util.List;
import telos.tensor.DType;
import telos.tensor.Op;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// Derivative of [Silu]: with `s = 1 / (1 + exp(-c))`, `c` being `x` within its bounds, it is `g s
/// (1 + c (1 - s))`.
public record SiluGrad(Tensor x, Tensor g) implements Op.Fused {
  @Override
  public List<Tensor> inputs() {
    return List.of(x, g);
  }

  @Override
  public SiluGrad with(List<Tensor> in) {
    return new SiluGrad(in.get(0), in.get(1));
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
    Tensor c = x.clamp(-Silu.FAR, Silu.FAR);
    Tensor s = c.neg().exp().add(1).recip();
    return List.of(s.neg().add(1).mul(c).add(1).mul(s).mul(g));
  }
}
