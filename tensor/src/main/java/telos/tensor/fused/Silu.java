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

/// SiLU, `x sigmoid(x)`, written as `x / (1 + exp(-x))` with the exponent within ±[#FAR], so that
/// nothing overflows; the gate is closed to 2e-38 there.
public record Silu(Tensor x) implements Op.Differentiable {
  /// The largest exponent.
  public static final double FAR = 87;

  @Override
  public List<Tensor> inputs() {
    return List.of(x);
  }

  @Override
  public Silu with(List<Tensor> in) {
    return new Silu(in.get(0));
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
    return List.of(x.div(x.clamp(-FAR, FAR).neg().exp().add(1)));
  }

  @Override
  public List<@Nullable Tensor> vjp(
      List<Tensor> outputs, List<@Nullable Tensor> cotangents, IntPredicate wanted) {
    Tensor g = Objects.requireNonNull(cotangents.getFirst());
    return Collections.singletonList(new SiluGrad(x, g).result());
  }
}
