package telos.tensor.fused;

import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;
import telos.tensor.DType;
import telos.tensor.Op;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// `exp(x - max) / sum exp(x - max)` along the last axis, as `e * (1 / sum e)`.
public record Softmax(Tensor x) implements Op.Differentiable {
  @Override
  public List<Tensor> inputs() {
    return List.of(x);
  }

  @Override
  public Softmax with(List<Tensor> in) {
    return new Softmax(in.get(0));
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
    Tensor e = x.sub(x.max(-1).unsqueeze(-1)).exp();
    return List.of(e.mul(e.sum(-1).unsqueeze(-1).recip()));
  }

  @Override
  public List<@Nullable Tensor> vjp(
      List<Tensor> outputs, List<@Nullable Tensor> cotangents, IntPredicate wanted) {
    Tensor g = Objects.requireNonNull(cotangents.getFirst());
    return Collections.singletonList(new SoftmaxGrad(outputs.getFirst(), g).result());
  }
}
