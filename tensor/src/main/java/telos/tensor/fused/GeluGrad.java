package telos.tensor.fused;

import java.util.List;
import telos.tensor.DType;
import telos.tensor.Op;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// Derivative of [Gelu]: with `u = sqrt(2/pi) (x + 0.044715 x^3)` and `t = tanh u` it is `g ((1 +
/// t)/2 + x/2 (1 - t^2) sqrt(2/pi) (1 + 0.134145 x^2))`.
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
    double c = Math.sqrt(2 / Math.PI);
    Tensor square = x.mul(x);
    Tensor t = square.mul(x).mul(0.044715).add(x).mul(c).tanh();
    Tensor inner = square.mul(3 * 0.044715).add(1).mul(c);
    Tensor slope = t.mul(t).neg().add(1).mul(inner).mul(x.mul(0.5));
    return List.of(t.add(1).mul(0.5).add(slope).mul(g));
  }
}
