package telos.tensor.fused;

import java.util.List;
import telos.tensor.DType;
import telos.tensor.Op;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// Derivative of [LogSoftmax] from its result `y`: `g - exp(y) sum(g)`.
public record LogSoftmaxGrad(Tensor y, Tensor g) implements Op.Fused {
  @Override
  public List<Tensor> inputs() {
    return List.of(y, g);
  }

  @Override
  public LogSoftmaxGrad with(List<Tensor> in) {
    return new LogSoftmaxGrad(in.get(0), in.get(1));
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
    return List.of(g.sub(y.exp().mul(g.sum(-1).unsqueeze(-1))));
  }
}
