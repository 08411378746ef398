package telos.rl.online;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import telos.devices.cpu.CpuDevice;
import telos.rl.ActorCritic;
import telos.rl.Evaluation;
import telos.rl.Learner;
import telos.rl.Returns;
import telos.rl.Rollout;
import telos.rl.environment.Environment;
import telos.rl.environment.Pendulum;
import telos.rl.environment.Simulation;
import telos.rl.environment.TimeLimit;
import telos.rl.vector.SameStep;
import telos.tensor.Rng;
import telos.tensor.Tensor;

/// What all algorithms that learn from their present policy promise.
final class OnPolicyTest {
  private static final Rng KEY = Rng.of(11);

  /// An algorithm, small.
  record Case(String name, Supplier<Learner> make) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Stream<Case> cases() {
    Supplier<Environment.Restorable<float[], float[]>> pendulum =
        () -> new TimeLimit<>(new Simulation<>(new Pendulum()), 30);
    List<Integer> hidden = List.of(8);
    return Stream.of(
        new Case("ppo", () -> new Ppo(small(false), Small.cartPole(), KEY)),
        new Case("ppo, continuous", () -> new Ppo(small(true), pendulum, KEY)),
        new Case(
            "a2c",
            () ->
                new A2c(
                    new A2c.Config(3, 6, 1e-3, 0.99, 0.99, 1, 0.5, 0.01, 0.5, hidden),
                    Small.cartPole(),
                    KEY)),
        new Case(
            "a2c, continuous",
            () ->
                new A2c(
                    new A2c.Config(3, 6, 1e-3, 0.99, 0.99, 1, 0.5, 0.01, 0.5, hidden),
                    pendulum,
                    KEY)),
        new Case(
            "reinforce",
            () ->
                new Reinforce(
                    new Reinforce.Config(3, 1e-2, 0.99, 0.5, 10, hidden), Small.cartPole(), KEY)),
        new Case("recurrent", () -> recurrent(RecurrentPpo.Kind.LSTM)),
        new Case("recurrent, window", () -> recurrent(RecurrentPpo.Kind.TRANSFORMER)),
        new Case("trpo", () -> new Trpo(trpo(hidden), Small.cartPole(), KEY)),
        new Case("trpo, continuous", () -> new Trpo(trpo(hidden), pendulum, KEY)));
  }

  static Ppo.Config small(boolean normalised) {
    return new Ppo.Config(
        3,
        20,
        2,
        3,
        1e-3,
        1000,
        0.99,
        0.95,
        0.2,
        true,
        0.5,
        0.01,
        0.5,
        0.5,
        true,
        normalised,
        normalised,
        Curiosity.Kind.NONE,
        0,
        List.of(8));
  }

  private static Learner recurrent(RecurrentPpo.Kind kind) {
    var config =
        new RecurrentPpo.Config(
            kind, 16, 4, 3, 10, 2, 3, 1e-3, 0, 0.99, 0.95, 0.2, 0.5, 0.01, 0.5, 0, List.of(8));
    return new RecurrentPpo(config, Small.recall(3), KEY);
  }

  static Trpo.Config trpo(List<Integer> hidden) {
    return new Trpo.Config(3, 20, 0.01, 5, 0.1, 0.8, 10, 0.99, 0.95, 1e-3, 2, 3, hidden);
  }

  /// Interrupted after any iteration and resumed in another learner, a run ends with the same bits.
  @ParameterizedTest
  @MethodSource("cases")
  void resumedRunsEqualUninterruptedOnes(Case algorithm) {
    try (Learner whole = algorithm.make().get();
        Learner first = algorithm.make().get();
        Learner second = algorithm.make().get()) {
      int before = 1 + KEY.fold(algorithm.name()).integer(4);
      IntStream.range(0, before).forEach(_ -> first.advance());
      second.advance();
      second.restore(first.snapshot());
      first.advance();
      IntStream.range(before, 6).forEach(_ -> second.advance());
      IntStream.range(0, 5).forEach(_ -> whole.advance());
      Map<String, Double> report = whole.advance();
      assertTrue(report.values().stream().allMatch(Double::isFinite), report.toString());
      assertEqual(Small.numbers(whole.policy()), Small.numbers(second.policy()));
      assertEquals(whole.steps(), second.steps());
      assertEqual(
          Small.numbers(whole.snapshot().tensors()), Small.numbers(second.snapshot().tensors()));
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void threadsChangeNoBit(Case algorithm) {
    assertEqual(trained(algorithm, 1), trained(algorithm, 2));
  }

  private static List<double[]> trained(Case algorithm, int threads) {
    try (CpuDevice device = new CpuDevice(threads)) {
      return device.with(() -> {
        try (Learner learner = algorithm.make().get()) {
          IntStream.range(0, 3).forEach(_ -> learner.advance());
          return Small.numbers(learner.policy());
        }
      });
    }
  }

  /// A policy handed out stays as it was.
  @ParameterizedTest
  @MethodSource("cases")
  void policiesAreValues(Case algorithm) {
    try (Learner learner = algorithm.make().get()) {
      learner.advance();
      var policy = learner.policy();
      List<double[]> then = Small.numbers(policy);
      learner.advance();
      assertEqual(then, Small.numbers(policy));
      assertTrue(
          IntStream.range(0, then.size())
              .anyMatch(i -> !Arrays.equals(then.get(i), Small.numbers(learner.policy()).get(i))));
    }
  }

  private static void assertEqual(List<double[]> expected, List<double[]> actual) {
    assertEquals(expected.size(), actual.size());
    for (int i = 0; i < expected.size(); i++) {
      assertArrayEquals(expected.get(i), actual.get(i), 0);
    }
  }

  // --- bootstrapping ---

  /// One state that pays 1 for ever, seen through episodes cut after three steps: the critic's
  /// fixed point is 1 / (1 - gamma). A critic that is there already is told so by every target;
  /// were truncation termination, the targets would be between 1 and 2.71.
  @Test
  void targetsOfATruncatedProcessAreItsTrueValue() {
    double gamma = 0.9;
    double value = 1 / (1 - gamma);
    ActorCritic model = Small.tables(new double[][] {{20, -20}}, new double[] {value});
    var copies = Stream.generate(Small.environment(Small.endless(gamma), 3)).limit(2).toList();
    try (var environments = new SameStep(copies)) {
      environments.reset(KEY);
      var rollout = Rollout.of(environments, model.actor().policy().begin(2), 8, KEY);
      assertEquals(4, rollout.finished().size());
      double[] expected = new double[16];
      Arrays.fill(expected, value);
      var ppo = Ppo.sample(model, rollout, gamma, 0.95);
      assertArrayEquals(expected, ppo.targets().toDoubles(), 1e-5);
      var a2c = A2c.Steps.of(model, rollout, gamma, 1);
      assertArrayEquals(expected, a2c.targets().toDoubles(), 1e-5);
      assertArrayEquals(new double[16], a2c.advantages().toDoubles(), 1e-5);
    }
  }

  /// Environments side by side against one trajectory after the other.
  @Test
  void advantagesSideBySideAreThoseOfEachEpisode() {
    ActorCritic model =
        Small.tables(new double[][] {{0, 0}, {0, 0}, {0, 0}}, new double[] {0.7, -0.4, 1.2});
    var copies = Stream.generate(Small.environment(Small.ending(0.9), 3)).limit(4).toList();
    try (var environments = new SameStep(copies)) {
      environments.reset(KEY);
      int steps = 40;
      var rollout = Rollout.of(environments, model.actor().policy().begin(4), steps, KEY);
      var values = rollout.values(model::values);
      var together = rollout.advantages(values, 0.9, 0.8);
      boolean[] ended = rollout.ended();
      boolean sawCut = false;
      for (int n = 0; n < 4; n++) {
        int from = 0;
        for (int t = 0; t < steps; t++) {
          int row = 4 * t + n;
          if (ended[row] || t == steps - 1) {
            var alone = alone(rollout, values, n, from, t + 1);
            for (int i = from; i <= t; i++) {
              assertEquals(alone.advantages()[i - from], together.advantages()[4 * i + n], 1e-12);
              assertEquals(alone.targets()[i - from], together.targets()[4 * i + n], 1e-12);
            }
            from = t + 1;
            sawCut |= rollout.cut()[row];
          }
        }
      }
      assertTrue(sawCut && IntStream.range(0, 160).anyMatch(i -> rollout.terminated()[i]));
    }
  }

  private static Returns.Advantages alone(
      Rollout rollout, Rollout.Values values, int n, int from, int to) {
    int[] rows = IntStream.range(from, to).map(t -> 4 * t + n).toArray();
    double[] discounts = rollout.discounts(0.9);
    return Returns.gae(
        Arrays.stream(rows).mapToDouble(i -> rollout.rewards()[i]).toArray(),
        Arrays.stream(rows).mapToDouble(i -> values.before()[i]).toArray(),
        Arrays.stream(rows).mapToDouble(i -> discounts[i]).toArray(),
        values.after()[4 * (to - 1) + n],
        0.8);
  }

  // --- PPO ---

  /// What acting computed row by row, training computes for the whole batch: the same bits, so the
  /// ratio before the first update is one and nothing is clipped.
  @Test
  void ratiosBeginAtExactlyOne() {
    var copies = Stream.generate(Small.cartPole()).limit(4).toList();
    try (var environments = new SameStep(copies)) {
      environments.reset(KEY);
      ActorCritic model =
          ActorCritic.of(
              environments.observationSpace(), environments.actionSpace(), List.of(64, 64), KEY);
      double[][] acted = new double[32][];
      telos.rl.Policy.Agent agent =
          (seen, _, key) -> {
            var policy = model.actor().call(seen);
            Tensor actions = policy.sample(key);
            acted[(int) (environments.interactions() / 4)] = policy.logProb(actions).toDoubles();
            return actions;
          };
      var rollout = Rollout.of(environments, agent, 32, KEY);
      var sample = Ppo.sample(model, rollout, 0.99, 0.95);
      double[] then = Arrays.stream(acted).flatMapToDouble(Arrays::stream).toArray();
      assertArrayEquals(then, sample.logProbs().toDoubles(), 0);
      var terms = Ppo.loss(model, sample, Ppo.Config.defaults()).aux();
      assertArrayEquals(new double[128], terms.logRatio().toDoubles(), 0);
      var some = sample.rows(Tensor.of(7, 90, 31));
      assertArrayEquals(
          new double[3], Ppo.loss(model, some, Ppo.Config.defaults()).aux().logRatio().toDoubles());
    }
  }

  /// With a bound that every step breaks, the first epoch is the last.
  @Test
  void anIterationEndsWithTheEpochThatGoesTooFar() {
    assertEqual(afterOne(ppo(5, 1e-12)), afterOne(ppo(1, 0)));
    assertTrue(!Arrays.equals(afterOne(ppo(5, 0)).getFirst(), afterOne(ppo(1, 0)).getFirst()));
  }

  private static Ppo.Config ppo(int epochs, double targetKl) {
    return new Ppo.Config(
        3,
        20,
        epochs,
        3,
        1e-2,
        1000,
        0.99,
        0.95,
        0.2,
        true,
        0.5,
        0.01,
        0.5,
        targetKl,
        true,
        false,
        false,
        Curiosity.Kind.NONE,
        0,
        List.of(8));
  }

  private static List<double[]> afterOne(Ppo.Config config) {
    try (var learner = new Ppo(config, Small.cartPole(), KEY)) {
      learner.advance();
      return Small.numbers(learner.policy());
    }
  }

  /// Two environments, of which the second ends an episode with its second step.
  @Test
  void rewardsAreScaledByTheDeviationOfReturns() {
    double[] rewards = {1, 10, 1, 0, 3, -2};
    boolean[] terminated = {false, false, false, true, false, false};
    Tensor none = Tensor.zeros(8);
    var rollout =
        new Rollout(
            2,
            none,
            new boolean[6],
            Optional.empty(),
            none,
            rewards,
            terminated,
            new boolean[6],
            Optional.empty(),
            List.of());
    ScaledRewards scaled = ScaledRewards.none(2).after(rollout, 0.5);
    double[] returns = {1, 10, 1.5, 5, 3.75, -2};
    double mean = Arrays.stream(returns).average().orElseThrow();
    double variance = Arrays.stream(returns).map(g -> (g - mean) * (g - mean)).sum() / 6;
    double[] expected = Arrays.stream(rewards).map(r -> r / Math.sqrt(variance)).toArray();
    assertArrayEquals(expected, scaled.of(rewards), 1e-3);
    assertArrayEquals(new double[] {3.75, -2}, scaled.returns(), 1e-12);
  }

  @Test
  void policiesAreEvaluated() {
    try (var learner = new Ppo(small(false), Small.cartPole(), KEY)) {
      learner.advance();
      assertTrue(
          Evaluation.of(learner.policy().greedy(), Small.cartPole(), 3, 500, KEY).mean() > 5);
    }
  }

  @Test
  void wrongParametersAreNamed() {
    var error =
        assertThrows(
            IllegalArgumentException.class,
            () -> new A2c.Config(3, 6, 1e-3, 0.99, 1.5, 1, 0.5, 0.01, 0.5, List.of(8)));
    assertEquals("a2c: gamma is 1.5, needs a number in [0, 1]", error.getMessage());
    error =
        assertThrows(
            IllegalArgumentException.class,
            () -> new Ppo(small(true), Small.environment(Small.chain(), 9), KEY));
    assertTrue(error.getMessage().startsWith("ppo: normaliseObservations"), error.getMessage());
  }
}
