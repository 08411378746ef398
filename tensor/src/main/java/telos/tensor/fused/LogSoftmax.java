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

/// `x - max - log(sum exp(x - max))` along the last axis.
public record LogSoftmax(Tensor x) implements Op.Differentiable {
  @Override
  public List<Tensor> inputs() {
    return List.of(x);
  }

  @Override
  public LogSoftmax with(List<Tensor> in) {
    return new LogSoftmax(in.get(0));
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
    Tensor shifted = x.sub(x.max(-1).unsqueeze(-1));
    return List.of(shifted.sub(shifted.exp().sum(-1).log().unsqueeze(-1)));
  }

  @Override
  public List<@Nullable Tensor> vjp(
      List<Tensor> outputs, List<@Nullable Tensor> cotangents, IntPredicate wanted) {
    Tensor g = Objects.requireNonNull(cotangents.getFirst());
    return Collections.singletonList(new LogSoftmaxGrad(outputs.getFirst(), g).result());
  }
}
