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
///
/// Written as the equal `x / (1 + exp(-2 sqrt(2/pi) (x + 0.044715 x^3)))`, which costs half as much
/// and keeps its digits where `1 + tanh` cancels. The cubic is taken of `x` within ±[#FAR], beyond
/// which the result is `x` or, to 2e-36 of `x`, zero; so nothing overflows.
public record Gelu(Tensor x) implements Op.Differentiable {
  /// Where the gate is closed or open for good: its exponential is `exp(±84.5)` there.
  public static final double FAR = 9.875;

  /// The coefficient of `x` in the exponent, `2 sqrt(2/pi)`.
  public static final double LINEAR = 2 * Math.sqrt(2 / Math.PI);

  /// The coefficient of `x^3` in the exponent.
  public static final double CUBIC = 0.044715 * LINEAR;

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
    return List.of(x.div(exponential(x.clamp(-FAR, FAR)).add(1)));
  }

  /// `exp(-LINEAR c - CUBIC c^3)`.
  static Tensor exponential(Tensor c) {
    return c.square().mul(-CUBIC).add(-LINEAR).mul(c).exp();
  }

  @Override
  public List<@Nullable Tensor> vjp(
      List<Tensor> outputs, List<@Nullable Tensor> cotangents, IntPredicate wanted) {
    Tensor g = Objects.requireNonNull(cotangents.getFirst());
    return Collections.singletonList(new GeluGrad(x, g).result());
  }
}
