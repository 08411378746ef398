package telos.tensor.fused;

import java.util.List;
import telos.tensor.DType;
import telos.tensor.Op;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// Derivative of [Softmax] from its result `y`: `y (g - sum(g y))`.
public record SoftmaxGrad(Tensor y, Tensor g) implements Op.Fused {
  @Override
  public List<Tensor> inputs() {
    return List.of(y, g);
  }

  @Override
  public SoftmaxGrad with(List<Tensor> in) {
    return new SoftmaxGrad(in.get(0), in.get(1));
  }

  @Override
  public Shape shape() {
    return y.shape();
  }

  @Override
  public DType dtype() {
    return y.dtype();
  }

  @Override
  public List<Tensor> definition() {
    return List.of(y.mul(g.sub(g.mul(y).sum(-1).unsqueeze(-1))));
  }
}
