package telos.tensor.fused;

import java.util.List;
import telos.tensor.DType;
import telos.tensor.Op;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// Derivative of [Silu]: with `s = sigmoid(x)` it is `g s (1 + x (1 - s))`.
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
    Tensor s = x.sigmoid();
    return List.of(s.mul(s.neg().add(1).mul(x).add(1)).mul(g));
  }
}
