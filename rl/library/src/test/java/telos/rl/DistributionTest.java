package telos.rl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Supplier;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import org.junit.jupiter.api.Test;
import telos.autograd.Grad;
import telos.tensor.Device;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// Densities integrate to one, entropies and divergences are the integrals that define them, draws
/// have the moments of their distribution.
final class DistributionTest {
  private static final double FINE = 1e-6;

  private static double value(Supplier<Tensor> body) {
    return Device.of("reference").with(() -> body.get().toDoubles()[0]);
  }

  private static Tensor row(double... values) {
    return Tensor.of(values, 1, values.length);
  }

  /// By the trapezoid rule on a fine grid.
  private static double integral(double from, double to, DoubleUnaryOperator f) {
    int n = 20_000;
    double step = (to - from) / n;
    double sum = 0.5 * (f.applyAsDouble(from) + f.applyAsDouble(to));
    for (int i = 1; i < n; i++) {
      sum += f.applyAsDouble(from + i * step);
    }
    return sum * step;
  }

  private static DoubleUnaryOperator normal(double mean, double scale) {
    return x ->
        -0.5 * Math.pow((x - mean) / scale, 2) - Math.log(scale) - 0.5 * Math.log(2 * Math.PI);
  }

  @Property(tries = 30)
  void normalIsWhatItsIntegralsSay(
      @ForAll @DoubleRange(min = -1, max = 1) double m,
      @ForAll @DoubleRange(min = -1, max = 0.5) double logScale,
      @ForAll @DoubleRange(min = -1, max = 1) double other) {
    DoubleUnaryOperator p = normal(m, Math.exp(logScale));
    DoubleUnaryOperator q = normal(other, 0.8);
    double entropy = -integral(-20, 20, x -> Math.exp(p.applyAsDouble(x)) * p.applyAsDouble(x));
    double kl =
        integral(
            -20, 20, x -> Math.exp(p.applyAsDouble(x)) * (p.applyAsDouble(x) - q.applyAsDouble(x)));
    // Two components: twice the one.
    Supplier<Normal> both = () -> new Normal(row(m, m), row(logScale, logScale));
    Supplier<Normal> second =
        () -> new Normal(row(other, other), row(Math.log(0.8), Math.log(0.8)));
    assertEquals(2 * entropy, value(() -> both.get().entropy()), FINE);
    assertEquals(2 * kl, value(() -> both.get().kl(second.get())), FINE);
    double at = p.applyAsDouble(0.3) + p.applyAsDouble(-0.7);
    assertEquals(at, value(() -> both.get().logProb(row(0.3, -0.7))), FINE);
  }

  @Property(tries = 20)
  void squashedDensityIntegratesToOne(
      @ForAll @DoubleRange(min = -1, max = 1) double mean,
      @ForAll @DoubleRange(min = -1.5, max = 0) double logScale) {
    int n = 4001;
    double[] grid = new double[n];
    Arrays.setAll(grid, i -> -0.9999 + 1.9998 * i / (n - 1));
    double[] density =
        Device.of("reference")
            .with(() -> {
              Tensor means = Tensor.of(fill(n, mean), n, 1);
              TanhNormal p = new TanhNormal(new Normal(means, Tensor.of(fill(n, logScale), n, 1)));
              return p.logProb(Tensor.of(grid, n, 1)).exp().toDoubles();
            });
    double sum = Arrays.stream(density).sum() * 1.9998 / (n - 1);
    assertEquals(1, sum, 5e-3);
  }

  private static double[] fill(int n, double value) {
    double[] values = new double[n];
    Arrays.fill(values, value);
    return values;
  }

  /// The density of a draw equals the density of its action, and stays finite next to the bounds.
  @Test
  void drawsCarryTheirDensity() {
    Device.of("reference")
        .with(() -> {
          Shape shape = Shape.of(500, 2);
          Rng key = Rng.of(3);
          Normal base = new Normal(key.fold(0).normal(shape), key.fold(1).normal(shape).mul(0.3));
          TanhNormal p = new TanhNormal(base);
          TanhNormal.Draw draw = p.draw(key);
          double[] carried = draw.logProb().toDoubles();
          double[] again = p.logProb(draw.action()).toDoubles();
          double[] actions = draw.action().toDoubles();
          for (int i = 0; i < carried.length; i++) {
            double edge = Math.max(Math.abs(actions[2 * i]), Math.abs(actions[2 * i + 1]));
            if (edge < 0.99) {
              assertEquals(carried[i], again[i], 2e-4 * (1 + Math.abs(carried[i])));
            }
          }
          Tensor far = Tensor.of(new double[] {30}, 1, 1);
          TanhNormal saturated = new TanhNormal(new Normal(far, far.zerosLike()));
          assertTrue(Double.isFinite(saturated.draw(key).logProb().toDoubles()[0]));
          assertTrue(Double.isFinite(saturated.logProb(far.onesLike()).toDoubles()[0]));
          return null;
        });
  }

  /// d/dmean of E[x^2] is 2 mean: the gradient flows through the draw.
  @Test
  void gradientFlowsThroughDraws() {
    double[] gradient =
        Device.of("reference")
            .with(() -> {
              Tensor mean = Tensor.of(fill(20_000, 0.7), 20_000, 1);
              Tensor slope =
                  Grad.grad(
                      m ->
                          new Normal(m, m.zerosLike().stopGradient())
                              .sample(Rng.of(1))
                              .square()
                              .sum(),
                      mean);
              return slope.toDoubles();
            });
    assertEquals(1.4, Arrays.stream(gradient).average().orElseThrow(), 0.06);
  }

  @Property(tries = 50)
  void bernoulliAgreesWithTheSumOverItsOutcomes(
      @ForAll @DoubleRange(min = -4, max = 4) double a,
      @ForAll @DoubleRange(min = -4, max = 4) double b) {
    double p = 1 / (1 + Math.exp(-a));
    double q = 1 / (1 + Math.exp(-b));
    double entropy = -p * Math.log(p) - (1 - p) * Math.log(1 - p);
    double kl = p * Math.log(p / q) + (1 - p) * Math.log((1 - p) / (1 - q));
    assertEquals(entropy, value(() -> new Bernoulli(row(a)).entropy()), 1e-9);
    assertEquals(kl, value(() -> new Bernoulli(row(a)).kl(new Bernoulli(row(b)))), 1e-9);
    double both = Math.log(p) + Math.log(1 - q);
    assertEquals(both, value(() -> new Bernoulli(row(a, b)).logProb(row(1, 0))), 1e-9);
  }

  @Property(tries = 20)
  void mixtureIsTheWeightedSumOfDensities(
      @ForAll @DoubleRange(min = -2, max = 2) double x,
      @ForAll @DoubleRange(min = -2, max = 2) double logit) {
    double w = 1 / (1 + Math.exp(-logit));
    double density =
        w * Math.exp(normal(-1, 0.5).applyAsDouble(x))
            + (1 - w) * Math.exp(normal(1, 2).applyAsDouble(x));
    double got =
        value(() -> {
          Tensor means = Tensor.of(new double[] {-1, 1}, 1, 2, 1);
          Tensor scales = Tensor.of(new double[] {Math.log(0.5), Math.log(2)}, 1, 2, 1);
          Categorical weights = Categorical.ofLogits(row(logit, 0));
          return new Mixture(weights, new Normal(means, scales)).logProb(row(x));
        });
    assertEquals(Math.log(density), got, 1e-9);
  }

  @Test
  void drawsHaveTheirMoments() {
    int n = 20_000;
    Rng key = Rng.of(11);
    Device.of("reference")
        .with(() -> {
          Tensor logits = Tensor.of(fill(n, 0.4), n, 1);
          double share = mean(new Bernoulli(logits).sample(key).cast(logits.dtype()));
          assertEquals(1 / (1 + Math.exp(-0.4)), share, 0.015);
          Tensor means = Tensor.of(new double[] {-1, 2}, 1, 2, 1);
          Tensor many = means.broadcastTo(Shape.of(n, 2, 1));
          Categorical weights =
              Categorical.ofLogits(
                  Tensor.of(new double[] {Math.log(3), 0}, 1, 2).broadcastTo(Shape.of(n, 2)));
          Mixture mixture = new Mixture(weights, new Normal(many, many.zerosLike()));
          assertEquals(0.75 * -1 + 0.25 * 2, mean(mixture.sample(key)), 0.04);
          assertEquals(-1, mean(mixture.mode()), 1e-6);
          return null;
        });
  }

  private static double mean(Tensor x) {
    return Arrays.stream(x.toDoubles()).average().orElseThrow();
  }

  @Test
  void shapesMustAgree() {
    var e =
        assertThrows(
            IllegalArgumentException.class, () -> new Normal(Tensor.zeros(3, 2), Tensor.zeros(2)));
    assertTrue(e.getMessage().contains("[3, 2]"), e.getMessage());
  }
}
