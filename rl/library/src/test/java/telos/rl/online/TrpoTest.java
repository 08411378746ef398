package telos.rl.online;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import telos.nn.Linear;
import telos.rl.Actor;
import telos.rl.ActorCritic;
import telos.rl.ConjugateGradient;
import telos.rl.Rollout;
import telos.rl.vector.SameStep;
import telos.tensor.Device;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;

final class TrpoTest {
  private static final Rng KEY = Rng.of(21);
  private static final double[][] LOGITS = {{0.3, -0.4}, {-0.2, 0.6}, {0.1, 0}};

  /// For a table of logits the Fisher matrix of a state is `diag(p) - p p'`, weighted by how often
  /// the state occurs.
  @Property(tries = 20)
  void productsOfADiscretePolicyAreThoseOfItsMatrix(@ForAll long seed) {
    double[] direction = Rng.of(seed).normal(Shape.of(6)).toDoubles();
    Actor actor = Small.tables(LOGITS, new double[3]).actor();
    Actor v = Small.tables(rows(direction), new double[3]).actor();
    Tensor observations = Tensor.of(0, 1, 1, 2, 0, 0, 0, 1);
    double[] share = {0.5, 0.375, 0.125};
    double[][] p = Small.softmax(LOGITS);
    double[] expected = new double[6];
    for (int s = 0; s < 3; s++) {
      double mean = p[s][0] * direction[2 * s] + p[s][1] * direction[2 * s + 1];
      for (int a = 0; a < 2; a++) {
        expected[2 * s + a] = share[s] * p[s][a] * (direction[2 * s + a] - mean);
      }
    }
    double[] product = Small.logits(Trpo.fisherProduct(actor, at(observations), v));
    assertArrayEquals(expected, product, 1e-5);
  }

  /// A divergence asks for nothing but what was seen.
  private static Trpo.Steps at(Tensor observations) {
    Tensor none = Tensor.zeros(0);
    return new Trpo.Steps(observations, Optional.empty(), none, none, none);
  }

  private static double[][] rows(double[] flat) {
    return new double[][] {{flat[0], flat[1]}, {flat[2], flat[3]}, {flat[4], flat[5]}};
  }

  /// For a Gaussian with mean `w x` the Fisher matrix is `x^2 / sigma^2` for w and 2 for log sigma.
  @Test
  void productsOfAContinuousPolicyAreThoseOfItsMatrix() {
    double logScale = 0.3;
    Actor actor = gaussian(0.5, logScale);
    Tensor observations = Tensor.of(new float[] {1, -2, 0.5f}, 3, 1);
    double squares = (1 + 4 + 0.25) / 3;
    List<double[]> product =
        Small.numbers(Trpo.fisherProduct(actor, at(observations), gaussian(2, -3)));
    assertEquals(2 * squares * Math.exp(-2 * logScale), product.get(0)[0], 1e-5);
    assertEquals(2 * -3, product.get(1)[0], 1e-5);
  }

  private static Actor gaussian(double weight, double logScale) {
    return new Actor.Gaussian(
        Linear.of(Tensor.of(new float[] {(float) weight}, 1, 1)), Tensor.of((float) logScale));
  }

  /// Exact after as many products as there are dimensions.
  @Property(tries = 20)
  void conjugateGradientsSolve(@ForAll long seed) {
    int n = 5;
    Device.of("reference")
        .with(() -> {
          Tensor root = Rng.of(seed).normal(Shape.of(n, n));
          Tensor matrix = root.matMul(root, false, true).add(identity(n));
          Tensor right = Rng.of(seed).fold(1).normal(Shape.of(n, 1));
          Tensor x = ConjugateGradient.solve(matrix::matMul, right, 3 * n, 1e-14);
          assertArrayEquals(right.toDoubles(), matrix.matMul(x).toDoubles(), 1e-3);
          return x;
        });
  }

  private static Tensor identity(int n) {
    float[] values = new float[n * n];
    IntStream.range(0, n).forEach(i -> values[i * (n + 1)] = 1);
    return Tensor.of(values, n, n);
  }

  /// Each step stays within its bound, and uses it; the surrogate grows.
  @Test
  void stepsImproveWithinTheirBound() {
    var config = new Trpo.Config(8, 64, 0.01, 10, 0.01, 0.8, 10, 0.99, 0.95, 1e-3, 1, 1, List.of());
    var copies = Stream.generate(Small.environment(Small.ending(0.9), 50)).limit(8).toList();
    try (var environments = new SameStep(copies)) {
      environments.reset(KEY);
      ActorCritic model = Small.tables(LOGITS, new double[3]);
      Actor actor = model.actor();
      for (int i = 0; i < 5; i++) {
        Actor old = actor;
        var rollout = Rollout.of(environments, old.policy().begin(8), 64, KEY);
        var found = rollout.advantages(rollout.values(model::values), 0.9, 1);
        Trpo.Steps steps = Trpo.Steps.of(old, rollout, found.advantages());
        Map<String, Double> report = new HashMap<>();
        actor = Trpo.step(old, steps, config, report);
        double kl = Trpo.divergence(old, actor, steps).item();
        double gain = Trpo.surrogate(actor, steps).item() - Trpo.surrogate(old, steps).item();
        assertTrue(kl <= 0.01 && kl > 0.002, "divergence " + kl);
        assertTrue(gain > 0, "gain " + gain);
        assertEquals(kl, report.get("kl"), 1e-9);
      }
    }
  }
}
