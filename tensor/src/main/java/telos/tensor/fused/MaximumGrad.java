package telos.tensor.fused;

import java.util.List;
import telos.tensor.DType;
import telos.tensor.Op;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// Derivative of [Op.Maximum] by its operand `a`: the cotangent `g` where `a > b`, half of it where
/// they tie (the other half is `b`'s), else zero. With the operands exchanged it is the derivative
/// by `b`, and that of [Op.Minimum] by `a`. The shape is that of `g`, to which `a` and `b`
/// broadcast.
public record MaximumGrad(Tensor a, Tensor b, Tensor g) implements Op.Fused {
  @Override
  public List<Tensor> inputs() {
    return List.of(a, b, g);
  }

  @Override
  public MaximumGrad with(List<Tensor> in) {
    return new MaximumGrad(in.get(0), in.get(1), in.get(2));
  }

  @Override
  public Shape shape() {
    return g.shape();
  }

  @Override
  public DType dtype() {
    return g.dtype();
  }

  @Override
  public List<Tensor> definition() {
    Tensor shared = g.mul(0.5).maskedFill(a.eq(b).not(), 0);
    return List.of(a.gt(b).where(g, shared));
  }
}
