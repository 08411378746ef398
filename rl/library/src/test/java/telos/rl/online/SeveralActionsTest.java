package telos.rl.online;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import telos.autograd.Grad;
import telos.rl.Categorical;
import telos.rl.Evaluation;
import telos.rl.Kl;
import telos.rl.Learner;
import telos.rl.LearnerContract;
import telos.rl.MultiCategorical;
import telos.rl.environment.Environment;
import telos.rl.environment.Space;
import telos.rl.environment.Step;
import telos.tensor.Rng;
import telos.tensor.Tensor;

/// Actions that are several choices at once.
final class SeveralActionsTest {
  private static final Rng KEY = Rng.of(31);
  private static final List<Integer> SIZES = List.of(2, 3);

  private static Tensor logits(int seed) {
    return Rng.of(seed).normal(telos.tensor.Shape.of(4, 5)).mul(2);
  }

  /// The one distribution over all six pairs.
  private static Categorical joint(MultiCategorical several) {
    Tensor first = several.parts().get(0).logProbs();
    Tensor second = several.parts().get(1).logProbs();
    return new Categorical(first.unsqueeze(2).add(second.unsqueeze(1)).reshape(4, 6));
  }

  /// Pair number `i` at each of four places.
  private static Tensor pair(int i) {
    int[] pairs = new int[8];
    Arrays.setAll(pairs, k -> k % 2 == 0 ? i / 3 : i % 3);
    return Tensor.of(pairs, telos.tensor.Shape.of(4, 2));
  }

  @Property(tries = 30)
  void isTheProductOfItsParts(
      @ForAll @IntRange(max = 9999) int seed, @ForAll @IntRange(max = 9999) int other) {
    var p = MultiCategorical.ofLogits(logits(seed), SIZES);
    var q = MultiCategorical.ofLogits(logits(other + 10_000), SIZES);
    Categorical whole = joint(p);
    double[] sum = new double[4];
    for (int i = 0; i < 6; i++) {
      double[] logProb = p.logProb(pair(i)).toDoubles();
      assertArrayEquals(whole.logProbs().at(1, i).toDoubles(), logProb, 1e-5);
      Arrays.setAll(sum, row -> sum[row] + Math.exp(logProb[row]));
    }
    assertArrayEquals(new double[] {1, 1, 1, 1}, sum, 1e-5);
    assertArrayEquals(whole.entropy().toDoubles(), p.entropy().toDoubles(), 1e-4);
    assertArrayEquals(whole.kl(joint(q)).toDoubles(), Kl.exact(p, q).toDoubles(), 1e-3);
    int[] mode = p.mode().toInts();
    int[] best = whole.mode().toInts();
    for (int row = 0; row < 4; row++) {
      assertEquals(best[row], 3 * mode[2 * row] + mode[2 * row + 1]);
    }
  }

  /// `dJ / dlogit(a) = p(a) (E[r | a] - J)`, in either part.
  @Test
  void thePolicyGradientIsExact() {
    double[] rewards = {1, -2, 0.5, 3, 0, -1};
    Tensor at = logits(5).slice(0, 0, 1);
    double[] gradient =
        Grad.grad(
                own -> {
                  var policy = MultiCategorical.ofLogits(own, SIZES);
                  Tensor value = Tensor.scalar(0f);
                  for (int i = 0; i < 6; i++) {
                    Tensor probability = policy.logProb(pair(i).slice(0, 0, 1)).exp();
                    value = value.add(probability.mul(rewards[i]).sum());
                  }
                  return value;
                },
                at)
            .toDoubles();
    var policy = MultiCategorical.ofLogits(at, SIZES);
    double[] first = policy.parts().get(0).logProbs().exp().toDoubles();
    double[] second = policy.parts().get(1).logProbs().exp().toDoubles();
    double[] expected = new double[5];
    double value = 0;
    for (int i = 0; i < 6; i++) {
      value += first[i / 3] * second[i % 3] * rewards[i];
      expected[i / 3] += first[i / 3] * second[i % 3] * rewards[i];
      expected[2 + i % 3] += first[i / 3] * second[i % 3] * rewards[i];
    }
    for (int a = 0; a < 5; a++) {
      expected[a] -= value * (a < 2 ? first[a] : second[a - 2]);
    }
    assertArrayEquals(expected, gradient, 1e-5);
  }

  /// What is drawn in a row does not depend on the others.
  @Test
  void rowsAreDrawnAlone() {
    Tensor logits = logits(8);
    int[] all = MultiCategorical.ofLogits(logits, SIZES).sample(KEY).toInts();
    int[] some = MultiCategorical.ofLogits(logits.slice(0, 0, 2), SIZES).sample(KEY).toInts();
    assertArrayEquals(Arrays.copyOf(all, 4), some);
  }

  /// Shows 0 or 1, and pays half for each choice that is right there; choices are counted from 0
  /// and from 5.
  private static final class Locks implements Environment.Restorable<Integer, int[]> {
    private int shown;

    @Override
    public Space<Integer> observations() {
      return Space.Discrete.of(2);
    }

    @Override
    public Space<int[]> actions() {
      return new Space.MultiDiscrete(new int[] {2, 3}, new int[] {0, 5});
    }

    @Override
    public Integer reset(Rng key) {
      shown = key.integer(2);
      return shown;
    }

    @Override
    public Step<Integer> step(int[] action) {
      actions().require("action", action);
      double first = action[0] == 1 - shown ? 0.5 : 0;
      double second = action[1] == 6 + shown ? 0.5 : 0;
      return Step.of(shown, first + second, true);
    }

    @Override
    public State state() {
      return new State(new double[0], new long[] {shown});
    }

    @Override
    public Integer restore(State state) {
      shown = (int) state.counters()[0];
      return shown;
    }
  }

  private static Learner ppo() {
    var few =
        Map.of("environments", 8, "steps", 8, "hidden", List.of(8), "rate", 0.02, "annealing", 0L);
    return new Ppo(Settings.with(Ppo.Config.defaults(), few), Locks::new, KEY);
  }

  static Stream<Arguments> learners() {
    Supplier<Environment.Restorable<Integer, int[]>> locks = Locks::new;
    var a2c = Map.of("environments", 8, "hidden", List.of(8), "rate", 0.02);
    var reinforce = Map.of("hidden", List.of(8), "rate", 0.02);
    return Stream.of(
        Arguments.of("ppo", ppo()),
        Arguments.of("a2c", new A2c(Settings.with(A2c.Config.defaults(), a2c), locks, KEY)),
        Arguments.of(
            "reinforce",
            new Reinforce(Settings.with(Reinforce.Config.defaults(), reinforce), locks, KEY)),
        Arguments.of(
            "trpo",
            new Trpo(
                Settings.with(Trpo.Config.defaults(), Map.of("steps", 64, "hidden", List.of(8))),
                locks,
                KEY)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("learners")
  void bothChoicesAreLearnt(String name, Learner learner) {
    try (learner) {
      double reached = 0;
      for (int i = 0; i < 60 && reached < 1; i++) {
        for (int k = 0; k < 5; k++) {
          learner.advance();
        }
        reached = Evaluation.of(learner.policy().greedy(), Locks::new, 20, 1, KEY).mean();
      }
      assertEquals(1, reached, name);
      assertTrue(Evaluation.of(learner.policy(), Locks::new, 50, 1, KEY).mean() > 0.6, name);
    }
  }

  @Test
  void resumes() {
    LearnerContract.assertResumes(SeveralActionsTest::ppo, 2, 2);
  }
}
