package telos.rl.online;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import telos.rl.Actor;
import telos.rl.Categorical;
import telos.rl.EpsilonGreedy;
import telos.rl.Evaluation;
import telos.rl.Learner;
import telos.rl.LearnerContract;
import telos.rl.ReplayBuffer;
import telos.rl.Trajectory;
import telos.rl.Transitions;
import telos.rl.environment.Environment;
import telos.rl.environment.Space;
import telos.rl.environment.TabularEnvironment;
import telos.rl.environment.TimeLimit;
import telos.rl.offline.Dataset;
import telos.rl.offline.DecisionTransformer;
import telos.rl.offline.DiscreteCql;
import telos.rl.offline.Iql;
import telos.rl.tabular.Mdp;
import telos.rl.tabular.Mdp.Outcome;
import telos.rl.tabular.Planning;
import telos.rl.tabular.PolicyEvaluation;
import telos.rl.tabular.QLearning;
import telos.rl.tabular.Sarsa;
import telos.rl.vector.Disabled;
import telos.tensor.Rng;
import telos.tensor.Tensor;

/// Learners of values where one of three actions makes no sense in each state. All rewards are
/// negative, so what was never tried looks best; taken all the same it would pay 1000.
final class MaskedActionsTest {
  private static final Rng KEY = Rng.of(21);
  private static final int STATES = 4;
  private static final double GAMMA = 0.5;

  /// Which action makes no sense in a state.
  private static int forbidden(int state) {
    return state % 3;
  }

  /// The two that do.
  private static int[] sensible(int state) {
    return IntStream.range(0, 3).filter(a -> a != forbidden(state)).toArray();
  }

  /// With two actions in each state, those that make sense.
  private static final Mdp NARROW = narrow();

  private static Mdp narrow() {
    var random = new SplittableRandom(3);
    Outcome[][][] outcomes = new Outcome[STATES][2][];
    for (Outcome[][] row : outcomes) {
      Arrays.setAll(
          row,
          _ ->
              new Outcome[] {
                new Outcome(1, random.nextInt(STATES), -random.nextDouble(0.2, 1), false)
              });
    }
    return new Mdp(outcomes, new double[] {0.25, 0.25, 0.25, 0.25}, GAMMA);
  }

  private static Mdp wide() {
    Outcome[][][] outcomes = new Outcome[STATES][3][];
    for (int s = 0; s < STATES; s++) {
      outcomes[s][forbidden(s)] = new Outcome[] {new Outcome(1, 0, 1000, false)};
      for (int i = 0; i < 2; i++) {
        outcomes[s][sensible(s)[i]] = NARROW.outcomes()[s][i];
      }
    }
    return new Mdp(outcomes, new double[] {0.25, 0.25, 0.25, 0.25}, GAMMA);
  }

  private static Supplier<Environment.Restorable<Integer, Integer>> environment() {
    Mdp mdp = wide();
    return () ->
        new TimeLimit<>(
            new TabularEnvironment(
                mdp,
                _ -> Optional.empty(),
                state -> {
                  boolean[] mask = {true, true, true};
                  mask[forbidden(state)] = false;
                  return Optional.of(mask);
                }),
            6);
  }

  private static void run(Learner learner, long steps) {
    while (learner.steps() < steps) {
      learner.advance();
    }
  }

  /// Values `[S][3]` against exact ones `[S][2]` of the actions that make sense.
  private static void assertValues(double[][] exact, double[] learnt, double tolerance) {
    for (int s = 0; s < STATES; s++) {
      for (int i = 0; i < 2; i++) {
        int a = sensible(s)[i];
        assertEquals(exact[s][i], learnt[3 * s + a], tolerance, "state " + s + ", action " + a);
      }
    }
  }

  private static void assertActsSensibly(Learner learner) {
    for (var policy : List.of(learner.policy(), learner.policy().greedy())) {
      double mean = Evaluation.of(policy, environment(), 20, 10, KEY).mean();
      assertTrue(mean < 0, "it does what makes no sense: " + mean);
    }
  }

  private static double[] values(Learner learner) {
    var policy = (EpsilonGreedy<?>) learner.policy();
    return policy.actionValues().call(Tensor.arange(0, STATES)).toDoubles();
  }

  private static <C extends Record> C quick(C defaults, Map<String, ?> changed) {
    Map<String, Object> all =
        new HashMap<>(
            Map.of(
                "hidden",
                List.of(),
                "rate",
                0.05,
                "gamma",
                GAMMA,
                "batch",
                32,
                "trainEvery",
                2,
                "learningStarts",
                200,
                "targetEvery",
                40,
                "updates",
                1,
                "epsilonEnd",
                1.0));
    all.putAll(changed);
    return Settings.with(defaults, all);
  }

  static Stream<Arguments> deep() {
    var dqn = Dqn.Config.defaults();
    var atoms = Map.of("atoms", 11, "lowest", -2.5, "highest", 2.5, "rate", 0.1);
    return Stream.of(
        Arguments.of("dqn", new Dqn(quick(dqn, Map.of()), environment(), KEY)),
        Arguments.of(
            "double dqn of several environments",
            new Dqn(
                quick(dqn, Map.of("doubleEstimator", true, "environments", 3)),
                environment(),
                KEY)),
        Arguments.of(
            "qr-dqn",
            new QuantileDqn(
                quick(QuantileDqn.Config.defaults(), Map.of("quantiles", 5)), environment(), KEY)),
        Arguments.of(
            "c51",
            new CategoricalDqn(
                quick(CategoricalDqn.Config.defaults(), atoms), environment(), KEY)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("deep")
  void deepValuesAreThoseOfSensibleActions(String name, Learner learner) {
    try (learner) {
      run(learner, 2500);
      double[][] exact = Planning.valueIteration(NARROW, 1e-9).actionValues();
      assertValues(exact, values(learner), 0.1);
      assertActsSensibly(learner);
    }
  }

  /// With two steps the mask of the first is remembered until the second.
  @Test
  void resumesWithMasks() {
    var config = quick(Dqn.Config.defaults(), Map.of("steps", 2, "learningStarts", 4));
    LearnerContract.assertResumes(() -> new Dqn(config, environment(), KEY), 7, 5);
  }

  /// Whose values begin above all true ones.
  @Test
  void tablesAreThoseOfSensibleActions() {
    double[][] exact = Planning.valueIteration(NARROW, 1e-9).actionValues();
    try (var q =
        new QLearning(
            new QLearning.Config(GAMMA, 1, 0.77, 10, 1, 1, 1, 1000), environment(), KEY)) {
      run(q, 10_000);
      assertValues(exact, flat(q.actionValues()), 0.05);
      assertActsSensibly(q);
    }
    double[][] uniform = new double[STATES][];
    Arrays.setAll(uniform, _ -> new double[] {0.5, 0.5});
    try (var sarsa =
        new Sarsa(new Sarsa.Config(GAMMA, 1, 0.77, 10, 1, 1, 1, 1000), environment(), KEY)) {
      run(sarsa, 10_000);
      assertValues(
          PolicyEvaluation.actionValues(NARROW, uniform), flat(sarsa.actionValues()), 0.05);
      assertActsSensibly(sarsa);
    }
  }

  private static double[] flat(double[][] table) {
    return Arrays.stream(table).flatMapToDouble(Arrays::stream).toArray();
  }

  @Test
  void softPoliciesAreThoseOfSensibleActions() {
    double temperature = 0.5;
    var soft = Planning.softValueIteration(NARROW, temperature, 1e-9);
    var config =
        new DiscreteSac.Config(
            4, 50, 100, 9999, 64, GAMMA, 0.05, 2e-2, 2e-2, temperature, 0, 0, List.of());
    try (var learner = new DiscreteSac(config, environment(), KEY)) {
      run(learner, 1200);
      assertActsSensibly(learner);
      var policy = (Actor.Drawing) learner.policy();
      boolean[] masks = new boolean[3 * STATES];
      for (int i = 0; i < masks.length; i++) {
        masks[i] = i % 3 != forbidden(i / 3);
      }
      var choice =
          (Categorical)
              policy
                  .actor()
                  .call(Tensor.arange(0, STATES), Optional.of(Tensor.of(masks, STATES, 3)));
      double[] probabilities = choice.logProbs().exp().toDoubles();
      assertValues(soft.policy(), probabilities, 0.05);
    }
  }

  /// What was recorded in memory knows the masks: they bound the maximum, and the sum that is to be
  /// kept small.
  @Test
  void offlineValuesAreThoseOfSensibleActions() {
    try (var vector = new Disabled(Stream.generate(environment()).limit(60).toList())) {
      vector.reset(KEY);
      var random = new EpsilonGreedy<>(x -> x, 3, 1);
      List<Trajectory> recorded = Trajectory.episodes(vector, random.begin(60), KEY.fold("a"));
      var data = new Dataset(Space.Discrete.of(STATES), Space.Discrete.of(3), recorded);
      var config = new DiscreteCql.Config(List.of(), 0, GAMMA, 0.3, false, 0.05, 100, 400);
      var learner = new DiscreteCql(config, data, KEY);
      learner.advance();
      double[][] exact = Planning.valueIteration(NARROW, 1e-9).actionValues();
      assertValues(exact, learner.values(Tensor.arange(0, STATES)).toDoubles(), 0.05);
      assertActsSensibly(learner);
      assertActsSensibly(new Iql(Iql.Config.defaults(), data, KEY)); // has learnt nothing
      assertActsSensibly(new DecisionTransformer(DecisionTransformer.Config.defaults(), data, KEY));
    }
  }

  /// The first transitions allow everything, as far as anybody knows, and a later one does not.
  @Test
  void buffersRememberMasks() {
    Tensor zero = Tensor.zeros(2, 1);
    Tensor two = Tensor.zeros(2);
    var all = new Transitions(zero, Tensor.of(0, 1), two, zero, two);
    Tensor mask = Tensor.of(new boolean[] {true, false, false, true}, 2, 2);
    var some =
        new Transitions(zero, Tensor.of(0, 1), two, zero, two, Optional.empty(), Optional.of(mask));
    var buffer = new ReplayBuffer(5);
    List.of(all, some, all).forEach(buffer::add);
    var restored = new ReplayBuffer(5);
    restored.restore(buffer.snapshot());
    Transitions rows = restored.rows(new int[] {0, 1, 2, 3, 4});
    boolean t = true;
    assertArrayEquals(
        new boolean[] {t, t, t, t, t, false, false, t, t, t},
        rows.nextAllowed().orElseThrow().toBooleans());
    assertTrue(rows.allowed().isEmpty());
    assertEquals(
        List.of(0, 0, 0, 1, 0),
        Arrays.stream(
                rows.best(Tensor.of(new float[] {2, 1, 2, 1, 2, 1, 2, 1, 2, 1}, 5, 2)).toInts())
            .boxed()
            .toList());
  }
}
