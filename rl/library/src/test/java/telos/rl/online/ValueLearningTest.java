package telos.rl.online;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import telos.nn.Layer;
import telos.rl.EpsilonGreedy;
import telos.rl.Evaluation;
import telos.rl.Learner;
import telos.rl.LearnerContract;
import telos.rl.Transitions;
import telos.rl.environment.BitFlipping;
import telos.rl.environment.CartPole;
import telos.rl.environment.Environment;
import telos.rl.environment.MountainCarContinuous;
import telos.rl.environment.Simulation;
import telos.rl.environment.TabularEnvironment;
import telos.rl.environment.TimeLimit;
import telos.rl.tabular.Mdp;
import telos.rl.tabular.Mdp.Outcome;
import telos.rl.tabular.Planning;
import telos.rl.tabular.RandomMdp;
import telos.tensor.Rng;
import telos.tensor.Tensor;

/// Learners of action values with networks that are tables (one-hot observations, no hidden layer),
/// against the exact values; and what each addition is for.
final class ValueLearningTest {
  private static final Rng KEY = Rng.of(12);

  /// Small, quick, and everywhere: what the tables need.
  private static final Map<String, Object> TABLE =
      Map.ofEntries(
          Map.entry("hidden", List.of()),
          Map.entry("rate", 0.01),
          Map.entry("gamma", 0.8),
          Map.entry("capacity", 4000),
          Map.entry("batch", 64),
          Map.entry("learningStarts", 500),
          Map.entry("trainEvery", 4),
          Map.entry("updates", 1),
          Map.entry("targetEvery", 100),
          Map.entry("epsilonStart", 1.0),
          Map.entry("epsilonEnd", 1.0));

  private static Map<String, Object> table(Map<String, ?> changed) {
    Map<String, Object> all = new HashMap<>(TABLE);
    all.putAll(changed);
    return all;
  }

  private static Dqn.Config dqn(Map<String, ?> changed) {
    return Settings.with(Dqn.Config.defaults(), changed);
  }

  private static Environment<Integer, Integer> limited(Mdp mdp, int steps) {
    return new TimeLimit<>(new TabularEnvironment(mdp), steps);
  }

  private static Environment<float[], Integer> pole() {
    return new TimeLimit<>(new Simulation<>(new CartPole()), 500);
  }

  private static void run(Learner learner, long steps) {
    while (learner.steps() < steps) {
      learner.advance();
    }
  }

  /// The values of all states as learnt, and how far they are from the exact ones.
  private static double distance(Learner learner, Mdp mdp) {
    double[][] exact = Planning.valueIteration(mdp, 1e-9).actionValues();
    var policy = (EpsilonGreedy<?>) learner.policy();
    double[] learnt = policy.actionValues().call(Tensor.arange(0, mdp.states())).toDoubles();
    double most = 0;
    for (int i = 0; i < learnt.length; i++) {
      most = Math.max(most, Math.abs(learnt[i] - exact[i / mdp.actions()][i % mdp.actions()]));
    }
    return most;
  }

  private static Stream<Map<String, ?>> kinds() {
    return Stream.of(
        Map.of(),
        Map.of("doubleEstimator", true, "environments", 3, "trainEvery", 2),
        Map.of("duelling", true),
        Map.of("priority", 0.6, "importance", 1.0),
        Map.of("tau", 0.2, "targetEvery", 20));
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void dqnFindsTheExactValues(Map<String, ?> kind) {
    Mdp mdp = RandomMdp.of(3, 4, 2, 0.8);
    var learner = new Dqn(dqn(table(kind)), () -> limited(mdp, 20), KEY);
    run(learner, 8000);
    assertTrue(distance(learner, mdp) < 0.15, "is " + distance(learner, mdp));
  }

  /// Quantiles have the mean as their mean only with many of them and without Huber's rounding of
  /// the loss: on a process without chance both are exact.
  @Test
  void distributionsHaveTheExactMeans() {
    Mdp mdp = chain(4, 0.8);
    var quantiles =
        new QuantileDqn(
            Settings.with(
                QuantileDqn.Config.defaults(),
                table(Map.of("quantiles", 5, "rate", 0.03, "targetEvery", 20))),
            () -> limited(mdp, 20),
            KEY);
    run(quantiles, 1500);
    assertTrue(distance(quantiles, mdp) < 0.05, "is " + distance(quantiles, mdp));
    var atoms = Map.of("atoms", 11, "lowest", -0.5, "highest", 1.5, "rate", 0.1, "targetEvery", 20);
    var categorical =
        new CategoricalDqn(
            Settings.with(CategoricalDqn.Config.defaults(), table(atoms)),
            () -> limited(mdp, 20),
            KEY);
    run(categorical, 1500);
    assertTrue(distance(categorical, mdp) < 0.1, "is " + distance(categorical, mdp));
  }

  /// Right (1) leads on and pays 1 at the end, left (0) leads back to the start.
  private static Mdp chain(int length, double discount) {
    Outcome[][][] outcomes = new Outcome[length][2][];
    for (int s = 0; s < length; s++) {
      boolean last = s == length - 1;
      outcomes[s][0] = new Outcome[] {new Outcome(1, 0, 0, false)};
      outcomes[s][1] = new Outcome[] {new Outcome(1, last ? s : s + 1, last ? 1 : 0, last)};
    }
    double[] initial = new double[length];
    initial[0] = 1;
    return new Mdp(outcomes, initial, discount);
  }

  /// One state that pays 1 for ever, cut after 3 steps: over one step or two, what was cut goes on.
  @ParameterizedTest
  @MethodSource("stepCounts")
  void truncatedEpisodesBootstrap(int steps) {
    Mdp forever =
        new Mdp(new Outcome[][][] {{{new Outcome(1, 0, 1, false)}}}, new double[] {1}, 0.8);
    var config = dqn(table(Map.of("steps", steps, "rate", 0.05, "targetEvery", 20)));
    var learner = new Dqn(config, () -> limited(forever, 3), KEY);
    run(learner, 4000);
    assertTrue(distance(learner, forever) < 0.05, "is " + distance(learner, forever));
  }

  private static Stream<Integer> stepCounts() {
    return Stream.of(1, 2);
  }

  /// Two estimates of three actions: by the first the third is best, by the second the second. The
  /// double estimator asks the second what it thinks of the third.
  @Test
  void theDoubleEstimatorChoosesByOneAndValuesByTheOther() {
    Layer network = _ -> Tensor.of(new float[] {1, 2, 3}, 1, 3);
    Layer target = _ -> Tensor.of(new float[] {10, 30, 20}, 1, 3);
    Tensor any = Tensor.zeros(1, 1);
    var batch = new Transitions(any, Tensor.of(0), Tensor.of(0.5f), any, Tensor.of(0.5f));
    assertEquals(15.5, Dqn.targets(network, target, batch, false).item(), 1e-6);
    assertEquals(10.5, Dqn.targets(network, target, batch, true).item(), 1e-6);
  }

  @Test
  void theClippedLossIsLinearBeyondOne() {
    Tensor errors = Tensor.of(0.5f, -3f, 3f);
    assertArrayEquals(new double[] {0.125, 2.5, 2.5}, Dqn.penalty(errors, true).toDoubles(), 1e-6);
    assertArrayEquals(new double[] {0.25, 9, 9}, Dqn.penalty(errors, false).toDoubles(), 1e-6);
  }

  /// `V = 1`, advantages 2 and 4 with the mean 3.
  @Test
  void duellingCentersTheAdvantages() {
    Layer streams = _ -> Tensor.of(new float[] {1, 2, 4}, 1, 3);
    var values = new Dqn.Duelling(streams).call(Tensor.zeros(1, 1));
    assertArrayEquals(new double[] {0, 2}, values.toDoubles(), 1e-6);
  }

  private static Stream<Supplier<Learner>> learners() {
    Map<String, Object> small =
        Map.of(
            "hidden",
            List.of(16),
            "learningStarts",
            40,
            "batch",
            8,
            "capacity",
            64,
            "environments",
            2,
            "steps",
            3,
            "explorationSteps",
            200,
            "trainEvery",
            5,
            "updates",
            2,
            "targetEvery",
            30);
    Map<String, Object> more = new HashMap<>(small);
    more.putAll(Map.of("priority", 0.7, "importanceSteps", 300, "duelling", true, "tau", 0.5));
    more.put("doubleEstimator", true);
    Map<String, Object> rnd = new HashMap<>(more);
    rnd.put("curiosity", Curiosity.Kind.RND);
    Map<String, Object> icm = new HashMap<>(small);
    icm.put("curiosity", Curiosity.Kind.ICM);
    Map<String, Object> hindsight = new HashMap<>(small);
    hindsight.putAll(Map.of("hindsight", 2, "steps", 1));
    return Stream.of(
        () -> new Dqn(dqn(rnd), ValueLearningTest::pole, KEY),
        () -> new Dqn(dqn(icm), ValueLearningTest::pole, KEY),
        () -> new Dqn(dqn(hindsight), () -> new BitFlipping(6), KEY),
        () ->
            new QuantileDqn(
                Settings.with(QuantileDqn.Config.defaults(), small), ValueLearningTest::pole, KEY),
        () ->
            new CategoricalDqn(
                Settings.with(CategoricalDqn.Config.defaults(), small),
                ValueLearningTest::pole,
                KEY));
  }

  @ParameterizedTest
  @MethodSource("learners")
  void resumedRunsAreTheSame(Supplier<Learner> learner) {
    LearnerContract.assertResumes(learner, 13, 14);
  }

  @Test
  void whatDoesNotFitIsRefused() {
    var gamma = assertThrows(IllegalArgumentException.class, () -> dqn(Map.of("gamma", 1.5)));
    assertEquals("dqn: gamma is 1.5, needs a number in [0, 1]", gamma.getMessage());
    var both =
        assertThrows(IllegalArgumentException.class, () -> dqn(Map.of("hindsight", 4, "steps", 2)));
    assertEquals("dqn: steps is 2, needs 1 where goals are told anew", both.getMessage());
    assertThrows(
        IllegalArgumentException.class,
        () ->
            new Dqn(
                Dqn.Config.defaults(), () -> new Simulation<>(new MountainCarContinuous()), KEY));
    assertThrows(
        IllegalArgumentException.class,
        () -> new Dqn(dqn(Map.of("hindsight", 4)), ValueLearningTest::pole, KEY));
  }

  // --- hindsight ---

  /// Eight bits, a goal among 256: without hindsight nothing but -1 is ever seen.
  @Test
  void hindsightFindsWhatChanceDoesNot() {
    double with = solved(4);
    double without = solved(0);
    assertTrue(with > 0.9, "with hindsight " + with);
    assertTrue(without < 0.2, "without " + without);
  }

  private static double solved(int hindsight) {
    var config =
        dqn(
            Map.ofEntries(
                Map.entry("hidden", List.of(64)),
                Map.entry("rate", 3e-3),
                Map.entry("gamma", 0.98),
                Map.entry("capacity", 50_000),
                Map.entry("batch", 64),
                Map.entry("learningStarts", 200),
                Map.entry("trainEvery", 4),
                Map.entry("targetEvery", 50),
                Map.entry("epsilonStart", 0.2),
                Map.entry("epsilonEnd", 0.1),
                Map.entry("explorationSteps", 3000),
                Map.entry("doubleEstimator", true),
                Map.entry("hindsight", hindsight)));
    var learner = new Dqn(config, () -> new BitFlipping(8), KEY);
    run(learner, 4000);
    var evaluation =
        Evaluation.of(
            learner.policy().greedy(), () -> new BitFlipping(8), 100, 8, KEY.fold("test"));
    long failed =
        java.util.Arrays.stream(evaluation.returns()).filter(total -> total == -8).count();
    return 1 - failed / 100.0;
  }
}
