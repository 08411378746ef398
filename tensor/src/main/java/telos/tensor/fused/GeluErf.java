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

/// GELU in its exact form, `x/2 (1 + erf(x / sqrt 2))`.
public record GeluErf(Tensor x) implements Op.Differentiable {
  @Override
  public List<Tensor> inputs() {
    return List.of(x);
  }

  @Override
  public GeluErf with(List<Tensor> in) {
    return new GeluErf(in.get(0));
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
    return List.of(x.mul(Math.sqrt(0.5)).erf().add(1).mul(x.mul(0.5)));
  }

  @Override
  public List<@Nullable Tensor> vjp(
      List<Tensor> outputs, List<@Nullable Tensor> cotangents, IntPredicate wanted) {
    Tensor g = Objects.requireNonNull(cotangents.getFirst());
    return Collections.singletonList(new GeluErfGrad(x, g).result());
  }
}
