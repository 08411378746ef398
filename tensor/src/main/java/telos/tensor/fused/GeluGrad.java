package telos.tensor.fused;

import java.util.List;
import telos.tensor.DType;
import telos.tensor.Op;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// Derivative of [Gelu] `x s`: with `s = 1 / (1 + exp(-a c - b c^3))`, `c` being `x` within its
/// bounds, it is `g s (1 + c (1 - s) (a + 3 b c^2))`.
public record GeluGrad(Tensor x, Tensor g) implements Op.Fused {
  @Override
  public List<Tensor> inputs() {
    return List.of(x, g);
  }

  @Override
  public GeluGrad with(List<Tensor> in) {
    return new GeluGrad(in.get(0), in.get(1));
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
    Tensor c = x.clamp(-Gelu.FAR, Gelu.FAR);
    Tensor s = Gelu.exponential(c).add(1).recip();
    Tensor inner = c.square().mul(3 * Gelu.CUBIC).add(Gelu.LINEAR);
    return List.of(s.neg().add(1).mul(c).mul(inner).add(1).mul(s).mul(g));
  }
}
