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

/// `max + log(sum exp(x - max))` along the last axis, which disappears.
public record LogSumExp(Tensor x) implements Op.Differentiable {
  @Override
  public List<Tensor> inputs() {
    return List.of(x);
  }

  @Override
  public LogSumExp with(List<Tensor> in) {
    return new LogSumExp(in.get(0));
  }

  @Override
  public Shape shape() {
    return x.shape().without(-1);
  }

  @Override
  public DType dtype() {
    return x.dtype();
  }

  @Override
  public List<Tensor> definition() {
    Tensor max = x.max(-1);
    return List.of(max.add(x.sub(max.unsqueeze(-1)).exp().sum(-1).log()));
  }

  @Override
  public List<@Nullable Tensor> vjp(
      List<Tensor> outputs, List<@Nullable Tensor> cotangents, IntPredicate wanted) {
    Tensor g = Objects.requireNonNull(cotangents.getFirst());
    return Collections.singletonList(
        x.sub(outputs.getFirst().unsqueeze(-1)).exp().mul(g.unsqueeze(-1)));
  }
}
