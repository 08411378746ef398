package telos.rl.online;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import telos.rl.Learner;
import telos.rl.LearnerContract;
import telos.rl.Policy;
import telos.rl.Rollout;
import telos.rl.Transitions;
import telos.rl.environment.Space;
import telos.rl.environment.TabularEnvironment;
import telos.rl.environment.TimeLimit;
import telos.rl.tabular.Mdp;
import telos.rl.tabular.Mdp.Outcome;
import telos.rl.vector.SameStep;
import telos.tensor.Rng;
import telos.tensor.Scope;
import telos.tensor.Shape;
import telos.tensor.Tensor;

final class CuriosityTest {
  private static final Rng KEY = Rng.of(14);

  /// Steps from state i to state i + 1 by action 1.
  private static Transitions steps(int... from) {
    int[] next = Arrays.stream(from).map(s -> s + 1).toArray();
    int[] actions = Arrays.stream(from).map(_ -> 1).toArray();
    return new Transitions(
        Tensor.of(from),
        Tensor.of(actions),
        Tensor.zeros(from.length),
        Tensor.of(next),
        Tensor.ones(from.length));
  }

  /// It falls for what is seen again and again, and less for what never is.
  @ParameterizedTest
  @EnumSource(names = "NONE", mode = EnumSource.Mode.EXCLUDE)
  void theBonusFallsForWhatIsFamiliar(Curiosity.Kind kind) {
    Curiosity curiosity =
        Curiosity.of(kind, Space.Discrete.of(10), Space.Discrete.of(2), KEY).orElseThrow();
    double[] before = curiosity.bonus(steps(0, 1, 7)).toDoubles();
    for (int i = 0; i < 600; i++) {
      Curiosity now = curiosity;
      curiosity = Scope.call(() -> now.update(steps(0, 1, 0, 1)));
    }
    double[] after = curiosity.bonus(steps(0, 1, 7)).toDoubles();
    assertTrue(after[0] < 0.2 * after[2] && after[1] < 0.2 * after[2], Arrays.toString(after));
    assertTrue(before[0] > 0 && before[2] > 0, Arrays.toString(before));
  }

  /// Continuous observations and actions have bonuses too.
  @ParameterizedTest
  @EnumSource(names = "NONE", mode = EnumSource.Mode.EXCLUDE)
  void boxesHaveBonuses(Curiosity.Kind kind) {
    Tensor seen = KEY.fold("seen").normal(Shape.of(32, 3)).mul(100).add(50);
    Tensor actions = KEY.fold("actions").normal(Shape.of(32, 2));
    var batch = new Transitions(seen, actions, Tensor.zeros(32), seen.neg(), Tensor.ones(32));
    Curiosity curiosity =
        Curiosity.of(kind, Space.Box.of(-1, 1, 3), Space.Box.of(-1, 1, 2), KEY).orElseThrow();
    Curiosity later = curiosity;
    for (int i = 0; i < 50; i++) {
      later = later.update(batch);
    }
    double bonus = later.bonus(batch).mean().item();
    assertTrue(bonus > 0 && Double.isFinite(bonus));
    assertEquals(32, later.bonus(batch).dim(0));
  }

  /// A lock of 8 states, in each of which one of two actions leads on, at a cost, and the other
  /// back to the start for nothing: without curiosity it learns not to try.
  @Test
  void curiosityOpensTheLock() {
    double with = returned(Curiosity.Kind.RND);
    double without = returned(Curiosity.Kind.NONE);
    assertTrue(with > 5, "with curiosity " + with);
    assertTrue(without < 0, "without " + without);
  }

  /// Which action is right follows no rule that a network would guess. The end is a state like any
  /// other: curiosity would rather go on than terminate.
  private static Mdp lock(int length) {
    Outcome[] back = {new Outcome(1, 0, 0, false)};
    Outcome[][][] outcomes = new Outcome[length + 1][2][];
    for (int s = 0; s < length; s++) {
      int right = Integer.bitCount(s) % 2;
      double reward = s == length - 1 ? 10 : -0.1;
      outcomes[s][right] = new Outcome[] {new Outcome(1, s + 1, reward, false)};
      outcomes[s][1 - right] = back;
    }
    outcomes[length] = new Outcome[][] {back, back};
    double[] initial = new double[length + 1];
    initial[0] = 1;
    return new Mdp(outcomes, initial, 0.95);
  }

  /// The sum of all rewards on the way.
  private static double returned(Curiosity.Kind kind) {
    Mdp lock = lock(8);
    var config =
        Settings.with(
            Dqn.Config.defaults(),
            Map.ofEntries(
                Map.entry("hidden", List.of(32)),
                Map.entry("rate", 3e-3),
                Map.entry("gamma", 0.95),
                Map.entry("batch", 32),
                Map.entry("learningStarts", 200),
                Map.entry("trainEvery", 2),
                Map.entry("targetEvery", 20),
                Map.entry("epsilonStart", 0.1),
                Map.entry("epsilonEnd", 0.1),
                Map.entry("doubleEstimator", true),
                Map.entry("curiosity", kind),
                Map.entry("bonus", 1.0)));
    return returned(
        new Dqn(config, () -> new TimeLimit<>(new TabularEnvironment(lock), 16), KEY), 3000);
  }

  private static double returned(Learner fresh, long steps) {
    double total = 0;
    try (Learner learner = fresh) {
      while (learner.steps() < steps) {
        total += learner.advance().getOrDefault("return", 0.0);
      }
    }
    return total;
  }

  private static Ppo curious(Curiosity.Kind kind, int length, Map<String, ?> changed) {
    Map<String, Object> all =
        new HashMap<>(
            Map.of(
                "hidden", List.of(32), "rate", 3e-3, "annealing", 0L, "gamma", 0.95, "steps", 32));
    all.putAll(Map.of("curiosity", kind, "bonus", 1.0));
    all.putAll(changed);
    Mdp lock = lock(length);
    return new Ppo(
        Settings.with(Ppo.Config.defaults(), all),
        () -> new TimeLimit<>(new TabularEnvironment(lock), 2 * length),
        KEY);
  }

  /// On-policy too it opens a lock that chance does not.
  @Test
  void curiosityOpensTheLockForPpo() {
    double with = returned(curious(Curiosity.Kind.ICM, 8, Map.of()), 8000);
    double without = returned(curious(Curiosity.Kind.NONE, 8, Map.of()), 8000);
    assertTrue(with > 50, "with curiosity " + with);
    assertTrue(without < 0, "without " + without);
  }

  @ParameterizedTest
  @EnumSource(names = {"ICM", "RND"})
  void curiousPpoResumes(Curiosity.Kind kind) {
    LearnerContract.assertResumes(() -> curious(kind, 3, Map.of()), 2, 2);
  }

  /// What follows the last step of an episode is its end, not the beginning of the next one.
  @Test
  void rolloutsKnowWhatFollowed() {
    try (var vector = new SameStep(List.of(new TimeLimit<>(new TabularEnvironment(lock(4)), 3)))) {
      vector.reset(KEY);
      Policy.Agent right = (seen, _, _) -> Tensor.of(Integer.bitCount(seen.toInts()[0]) % 2);
      Transitions steps = Rollout.of(vector, right, 7, KEY).transitions(0.5);
      assertArrayEquals(new int[] {0, 1, 2, 0, 1, 2, 0}, steps.observations().toInts());
      assertArrayEquals(new int[] {1, 2, 3, 1, 2, 3, 1}, steps.next().toInts());
      assertEquals(0.5, steps.discounts().min(0).item());
    }
  }
}
