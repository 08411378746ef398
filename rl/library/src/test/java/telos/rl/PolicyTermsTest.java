package telos.rl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import telos.tensor.Device;
import telos.tensor.NumberCheck;
import telos.tensor.Rng;
import telos.tensor.Tensor;

class PolicyTermsTest {
  private static double[] on(java.util.function.Supplier<Tensor> body) {
    return Device.of("reference").with(() -> body.get().toDoubles());
  }

  // --- Categorical ---

  @Property(tries = 100)
  void categoricalAgreesWithTheDefinition(
      @ForAll @Size(4) List<@DoubleRange(min = -5, max = 5) Double> pList,
      @ForAll @Size(4) List<@DoubleRange(min = -5, max = 5) Double> qList) {
    double[] p = pList.stream().mapToDouble(x -> x).toArray();
    double[] q = qList.stream().mapToDouble(x -> x).toArray();
    double[] a = softmax(p);
    double[] b = softmax(q);
    double entropy = 0;
    double kl = 0;
    for (int i = 0; i < 4; i++) {
      entropy -= a[i] * Math.log(a[i]);
      kl += a[i] * Math.log(a[i] / b[i]);
    }
    assertEquals(entropy, on(() -> Categorical.ofLogits(Tensor.of(p)).entropy())[0], 1e-9);
    assertEquals(kl, on(() -> Kl.exact(Tensor.of(p), Tensor.of(q)))[0], 1e-9);
    double[] picked =
        on(() -> Categorical.ofLogits(Tensor.of(p).reshape(1, 4)).logProb(Tensor.of(2)));
    assertEquals(Math.log(a[2]), picked[0], 1e-9);
  }

  @Test
  void forbiddenActionsAreNeverSampledAndAddNothing() {
    Device.of("reference")
        .with(() ->
            NumberCheck.suspended(() -> {
              Tensor logits = Tensor.zeros(200, 3);
              boolean[] allowed = new boolean[600];
              IntStream.range(0, 600).forEach(i -> allowed[i] = i % 3 != 1);
              var policy = Categorical.ofLogits(logits, Tensor.of(allowed, 200, 3));
              int[] actions = policy.sample(Rng.of(1)).toInts();
              assertTrue(IntStream.of(actions).noneMatch(a -> a == 1));
              assertTrue(IntStream.of(actions).anyMatch(a -> a == 2));
              assertEquals(Math.log(2), policy.entropy().toDoubles()[7], 1e-6);
              assertEquals(0, policy.mode().toInts()[0]);
              return actions;
            }));
  }

  // --- Kl ---

  /// Both estimators average, under p, to the exact divergence; k3 is never negative.
  @Property(tries = 100)
  void estimatorsAreUnbiased(
      @ForAll @Size(3) List<@DoubleRange(min = -2, max = 2) Double> logitsPList,
      @ForAll @Size(3) List<@DoubleRange(min = -2, max = 2) Double> logitsQList) {
    double[] logitsP = logitsPList.stream().mapToDouble(x -> x).toArray();
    double[] logitsQ = logitsQList.stream().mapToDouble(x -> x).toArray();
    double[] p = softmax(logitsP);
    double[] q = softmax(logitsQ);
    double exact = 0;
    double k1 = 0;
    double k3 = 0;
    for (int i = 0; i < 3; i++) {
      double logRatio = Math.log(p[i] / q[i]);
      exact += p[i] * logRatio;
      double[] each = on(() -> Kl.k3(Tensor.of(logRatio)));
      assertEquals(each[0], Kl.k3(logRatio), 1e-9);
      assertTrue(Kl.k3(logRatio) >= 0);
      k1 += p[i] * on(() -> Kl.k1(Tensor.of(logRatio)))[0];
      k3 += p[i] * each[0];
    }
    assertEquals(exact, k1, 1e-9);
    assertEquals(exact, k3, 1e-9);
  }

  // --- ClippedSurrogate ---

  /// Each of the four cases of PPO's figure 1, by hand.
  @Test
  void surrogateClipsOnlyWhereItHelps() {
    double up = Math.log(1.5);
    double down = Math.log(0.5);
    double[] loss =
        on(() ->
            ClippedSurrogate.policy(
                Tensor.of(up, up, down, down),
                Tensor.of(0.0, 0.0, 0.0, 0.0),
                Tensor.of(1.0, -1.0, 1.0, -1.0),
                0.2));
    assertArrayEquals(new double[] {-1.2, 1.5, -0.5, 0.8}, loss, 1e-12);
  }

  @Test
  void valueLossTakesTheWorseOfClippedAndUnclipped() {
    double[] loss =
        on(() ->
            ClippedSurrogate.value(
                Tensor.of(1.0, 0.1, -1.0),
                Tensor.of(0.0, 0.0, 0.0),
                Tensor.of(2.0, 2.0, -1.0),
                0.2));
    assertArrayEquals(new double[] {0.5 * 1.8 * 1.8, 0.5 * 1.9 * 1.9, 0.5 * 0.8 * 0.8}, loss, 1e-9);
  }

  // --- AdaptiveKl, GroupAdvantage, Standardiser ---

  @Test
  void controllerMovesTowardsItsTargetByAtMostATwentieth() {
    AdaptiveKl kl = new AdaptiveKl(0.5, 2, 0.1);
    assertEquals(0.5 * 1.02, kl.update(100).coefficient(), 1e-12);
    assertEquals(0.5 * 0.98, kl.update(0).coefficient(), 1e-12);
    assertEquals(0.5 * (1 + 0.1 * 0.05), kl.update(2.1).coefficient(), 1e-12);
    assertEquals(0.5, kl.update(2).coefficient(), 0);
    assertEquals(0.3, AdaptiveKl.fixed(0.3).update(9).coefficient(), 0);
    assertThrows(IllegalArgumentException.class, () -> new AdaptiveKl(-1, 1, 0.1));
  }

  @Property(tries = 100)
  void leaveOneOutIsTheGroupMeanBaselineStretched(
      @ForAll @Size(min = 2, max = 6) List<@DoubleRange(min = -3, max = 3) Double> rewardsList,
      @ForAll @IntRange(min = -5, max = 5) int shift) {
    double[] rewards = rewardsList.stream().mapToDouble(x -> x).toArray();
    double mean = java.util.Arrays.stream(rewards).average().orElseThrow();
    double[] shifted = java.util.Arrays.stream(rewards).map(r -> r + shift).toArray();
    double[][] advantages = GroupAdvantage.leaveOneOut(new double[][] {rewards, shifted});
    int size = rewards.length;
    for (int i = 0; i < size; i++) {
      assertEquals((rewards[i] - mean) * size / (size - 1), advantages[0][i], 1e-9);
      assertEquals(advantages[0][i], advantages[1][i], 1e-9);
    }
  }

  @Test
  void aGroupOfOneHasNoBaseline() {
    assertThrows(
        IllegalArgumentException.class, () -> GroupAdvantage.leaveOneOut(new double[][] {{1}}));
  }

  @Test
  void standardisingIsFrozenAndSurvivesConstants() {
    Standardiser fitted = Standardiser.fit(new double[] {1, 2, 3});
    assertEquals(-1, fitted.apply(1), 1e-12);
    assertEquals(98, fitted.apply(100), 1e-12);
    assertEquals(0, Standardiser.fit(new double[] {5, 5}).apply(5), 0);
    double[][] white = Standardiser.whiten(new double[][] {{1, 2}, {3}});
    assertArrayEquals(new double[] {-1, 0}, white[0], 1e-12);
    assertArrayEquals(new double[] {1}, white[1], 1e-12);
    assertThrows(IllegalArgumentException.class, () -> Standardiser.fit(new double[] {1}));
  }

  private static double[] softmax(double[] logits) {
    double sum = 0;
    double[] p = new double[logits.length];
    for (int i = 0; i < p.length; i++) {
      p[i] = Math.exp(logits[i]);
      sum += p[i];
    }
    for (int i = 0; i < p.length; i++) {
      p[i] /= sum;
    }
    return p;
  }
}
