package telos.tensor.fused;

import java.util.List;
import telos.tensor.DType;
import telos.tensor.Op;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// Derivative of [GeluErf]: `g (Phi(x) + x phi(x))`, the normal distribution and its density.
public record GeluErfGrad(Tensor x, Tensor g) implements Op.Fused {
  @Override
  public List<Tensor> inputs() {
    return List.of(x, g);
  }

  @Override
  public GeluErfGrad with(List<Tensor> in) {
    return new GeluErfGrad(in.get(0), in.get(1));
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
    Tensor phi = x.mul(x).mul(-0.5).exp().mul(1 / Math.sqrt(2 * Math.PI));
    Tensor cumulative = x.mul(Math.sqrt(0.5)).erf().add(1).mul(0.5);
    return List.of(cumulative.add(x.mul(phi)).mul(g));
  }
}
