package telos.rl.environment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static telos.rl.environment.WrapperTest.LIMIT;
import static telos.rl.environment.WrapperTest.pendulum;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import telos.tensor.Rng;

/// Observations and rewards brought to one scale by what was seen.
final class NormalisationTest {
  /// Whatever the order in which they come together: mean and variance of the batch and of the
  /// sample of weight 10^-4 at the beginning.
  @Property(tries = 100)
  void momentsAreThoseOfTheBatch(
      @ForAll @Size(min = 1, max = 30) List<@IntRange(min = -1000, max = 1000) Integer> sample,
      @ForAll @IntRange(min = 0, max = 30) int split) {
    RunningMoments left = RunningMoments.none(1);
    RunningMoments right = RunningMoments.none(1);
    double weight = 2e-4;
    double sum = 0;
    for (int i = 0; i < sample.size(); i++) {
      float x = sample.get(i) / 8f;
      weight++;
      sum += x;
      left = i < split ? left.with(x) : left;
      right = i < split ? right : right.with(x);
    }
    double mean = sum / weight;
    double squares = 2e-4 * (1 + mean * mean);
    for (int x : sample) {
      squares += (x / 8.0 - mean) * (x / 8.0 - mean);
    }
    RunningMoments both = left.merge(right);
    assertEquals(weight, both.count(), 1e-9);
    assertEquals(mean, both.mean()[0], 1e-9);
    assertEquals(squares / weight, both.variance(0), 1e-7);
    assertArrayEquals(both.numbers(), RunningMoments.of(both.numbers()).numbers());
  }

  /// The numbers that Gymnasium's documentation of its wrapper prints.
  @Test
  void normalisedAsInGymnasium() {
    double[] start = {0.01823519, -0.0446179, -0.02796401, -0.03156282};
    var normal = NormalizeObservation.of(new Simulation<>(from(start)));
    var plain = new Simulation<>(from(start));
    normal.reset(Rng.of(0));
    plain.reset(Rng.of(0));
    Step<float[]> raw;
    Step<float[]> step;
    do {
      raw = plain.step(1);
      step = normal.step(1);
    } while (!step.done());
    float[] seen = {0.1511158f, 1.7183299f, -0.25533703f, -2.8914354f};
    assertArrayEquals(seen, raw.observation(), 1e-6f);
    float[] expected = {2.0059888f, 1.5676788f, -1.9944268f, -1.6120394f};
    assertArrayEquals(expected, step.observation(), 1e-5f);
    var frozen = new NormalizeObservation<>(new Simulation<>(from(start)), normal.moments(), false);
    frozen.reset(Rng.of(0));
    frozen.step(0);
    assertArrayEquals(normal.moments().numbers(), frozen.moments().numbers());
  }

  /// CartPole that begins somewhere.
  private static Dynamics<Integer> from(double[] start) {
    CartPole cart = new CartPole();
    return new Dynamics<>() {
      @Override
      public Space.Box observations() {
        return cart.observations();
      }

      @Override
      public Space<Integer> actions() {
        return cart.actions();
      }

      @Override
      public double[] start(Rng key) {
        return start.clone();
      }

      @Override
      public Outcome move(double[] state, Integer action) {
        return cart.move(state, action);
      }

      @Override
      public float[] observe(double[] state) {
        return cart.observe(state);
      }
    };
  }

  @Test
  void rewardsAreDividedByTheDeviationOfReturns() {
    double gamma = 0.9;
    var normal = NormalizeReward.of(pendulum(), gamma);
    var plain = pendulum();
    List<Double> returns = new ArrayList<>();
    for (int episode = 0; episode < 3; episode++) {
      normal.reset(Rng.of(episode));
      plain.reset(Rng.of(episode));
      double discounted = 0;
      for (int i = 0; i < LIMIT; i++) {
        float[] torque = plain.actions().sample(Rng.of(9).fold(i));
        double reward = plain.step(torque).reward();
        discounted = gamma * discounted + reward;
        returns.add(discounted);
        assertEquals(
            reward / Math.sqrt(variance(returns) + 1e-8), normal.step(torque).reward(), 1e-9);
      }
    }
  }

  /// With Gymnasium's sample of weight 10^-4, mean 0 and variance 1.
  private static double variance(List<Double> sample) {
    double weight = sample.size() + 1e-4;
    double mean = sample.stream().mapToDouble(x -> x).sum() / weight;
    double sum = 1e-4 * (1 + mean * mean);
    for (double x : sample) {
      sum += (x - mean) * (x - mean);
    }
    return sum / weight;
  }
}
