package telos.gradcheck;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Positive;
import telos.tensor.Tensor;

class GumbelTest {
  /// Log-density of the Gumbel distribution with a scale, in nats.
  static Tensor logDensity(Tensor x, Tensor scale) {
    Tensor z = x.div(scale);
    return z.add(z.neg().exp()).neg().sub(scale.log());
  }

  @Property(tries = 50)
  void inTheValue(@ForAll Tensor x) {
    GradProperty.holds("gumbel", v -> logDensity(v, v.onesLike()), x);
  }

  @Property(tries = 50)
  void inBoth(@ForAll Operands in) {
    GradProperty.holds("gumbel", p -> logDensity(p.a(), p.b().square()), in);
  }

  @Property(tries = 50)
  void inTheScale(@ForAll @Positive @Shapes(of = {2, 3}) Tensor scale) {
    GradProperty.holds("gumbel", s -> logDensity(s.onesLike(), s), scale);
  }
}
