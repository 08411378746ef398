package telos.rl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.Size;

class ReturnsTest {
  /// `A_t = sum_l (prod discounts lambda) delta_{t+l}`, straight from the paper.
  @Property(tries = 200)
  void gaeEqualsItsDefinition(
      @ForAll @Size(min = 1, max = 12) List<@DoubleRange(min = -3, max = 3) Double> rewardsList,
      @ForAll @DoubleRange(min = 0, max = 1) double lambda,
      @ForAll @DoubleRange(min = 0, max = 1) double gamma,
      @ForAll @DoubleRange(min = -2, max = 2) double bootstrap) {
    double[] rewards = rewardsList.stream().mapToDouble(x -> x).toArray();
    int length = rewards.length;
    double[] values = new double[length];
    double[] discounts = new double[length];
    for (int t = 0; t < length; t++) {
      values[t] = Math.sin(3 * t + rewards[t]);
      discounts[t] = t % 4 == 3 ? 0 : gamma;
    }
    var estimate = Returns.gae(rewards, values, discounts, bootstrap, lambda);
    for (int t = 0; t < length; t++) {
      double expected = 0;
      double weight = 1;
      for (int k = t; k < length; k++) {
        double next = k + 1 < length ? values[k + 1] : bootstrap;
        expected += weight * (rewards[k] + discounts[k] * next - values[k]);
        weight *= discounts[k] * lambda;
      }
      assertEquals(expected, estimate.advantages()[t], 1e-9);
      assertEquals(expected + values[t], estimate.targets()[t], 1e-9);
    }
  }

  @Property(tries = 100)
  void lambdaOneIsTheReturnLessTheValue(
      @ForAll @Size(min = 1, max = 8) List<@DoubleRange(min = -3, max = 3) Double> rewardsList) {
    double[] rewards = rewardsList.stream().mapToDouble(x -> x).toArray();
    double[] discounts = new double[rewards.length];
    Arrays.fill(discounts, 0.9);
    double[] values = Arrays.stream(rewards).map(r -> r * r - 1).toArray();
    double[] returns = Returns.discounted(rewards, discounts, 0.7);
    var estimate = Returns.gae(rewards, values, discounts, 0.7, 1);
    assertArrayEquals(returns, estimate.targets(), 1e-9);
  }

  /// A two-state chain with a time limit: staying pays 1 for ever. Truncation bootstraps and gives
  /// the true value 1 / (1 - gamma); treating it as termination does not.
  @org.junit.jupiter.api.Test
  void truncationBootstrapsAndTerminationDoesNot() {
    double value = 1 / (1 - 0.9);
    double[] rewards = {1, 1, 1};
    double[] going = {0.9, 0.9, 0.9};
    double[] ended = {0.9, 0.9, 0};
    assertEquals(value, Returns.discounted(rewards, going, value)[0], 1e-12);
    assertEquals(1 + 0.9 + 0.81, Returns.discounted(rewards, ended, value)[0], 1e-12);
  }

  @org.junit.jupiter.api.Test
  void unequalLengthsAreRefused() {
    double[] three = {1, 1, 1};
    double[] two = {1, 1};
    var error =
        assertThrows(IllegalArgumentException.class, () -> Returns.gae(three, two, three, 0, 0.9));
    assertEquals("3 rewards but 2 values", error.getMessage());
  }
}
