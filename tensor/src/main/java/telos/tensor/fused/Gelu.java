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

/// GELU in its tanh form, `x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))` (Hendrycks and Gimpel
/// 2016), the one GPT-2 uses.
public record Gelu(Tensor x) implements Op.Differentiable {
  @Override
  public List<Tensor> inputs() {
    return List.of(x);
  }

  @Override
  public Gelu with(List<Tensor> in) {
    return new Gelu(in.get(0));
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
    Tensor cubic = x.mul(x).mul(x).mul(0.044715).add(x).mul(Math.sqrt(2 / Math.PI));
    return List.of(cubic.tanh().add(1).mul(x.mul(0.5)));
  }

  @Override
  public List<@Nullable Tensor> vjp(
      List<Tensor> outputs, List<@Nullable Tensor> cotangents, IntPredicate wanted) {
    Tensor g = Objects.requireNonNull(cotangents.getFirst());
    return Collections.singletonList(new GeluGrad(x, g).result());
  }
}
