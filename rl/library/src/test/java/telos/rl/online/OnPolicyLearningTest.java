package telos.rl.online;

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
import telos.rl.Learner;
import telos.rl.environment.Environment;
import telos.rl.environment.Step;
import telos.rl.environment.Taxi;
import telos.rl.environment.TimeLimit;
import telos.rl.environment.Wrapper;
import telos.rl.online.OnPolicyTest.Case;
import telos.tensor.Rng;

/// What algorithms that learn from their present policy learn, and where only some actions make
/// sense.
final class OnPolicyLearningTest {
  private static final Rng KEY = Rng.of(11);

  @Test
  void ppoLearnsAContextualBandit() {
    var config =
        new Ppo.Config(
            8,
            16,
            4,
            4,
            1e-2,
            0,
            1,
            0.95,
            0.2,
            true,
            0.5,
            0,
            0.5,
            0,
            true,
            false,
            false,
            Curiosity.Kind.NONE,
            0,
            List.of(16));
    try (var learner = new Ppo(config, Small.environment(Small.bandit(), 10), KEY)) {
      IntStream.range(0, 25).forEach(_ -> learner.advance());
      assertTrue(Small.expectedReturn(learner, Small.bandit()) > 0.95);
    }
  }

  @ParameterizedTest
  @MethodSource("learners")
  void theFarRewardOfAChainIsLearnt(Case algorithm) {
    try (Learner learner = algorithm.make().get()) {
      double reached = 0;
      while (reached < 0.9 && learner.steps() < 40_000) {
        learner.advance();
        reached = Small.expectedReturn(learner, Small.chain());
      }
      assertTrue(reached > 0.9, algorithm + " reached " + reached);
    }
  }

  private static Stream<Case> learners() {
    var chain = Small.environment(Small.chain(), 50);
    List<Integer> hidden = List.of(16);
    return Stream.of(
        new Case(
            "ppo",
            () ->
                new Ppo(
                    new Ppo.Config(
                        8,
                        32,
                        4,
                        4,
                        5e-3,
                        0,
                        0.99,
                        0.95,
                        0.2,
                        true,
                        0.5,
                        0.01,
                        0.5,
                        0.05,
                        true,
                        false,
                        false,
                        Curiosity.Kind.NONE,
                        0,
                        hidden),
                    chain,
                    KEY)),
        new Case(
            "a2c",
            () ->
                new A2c(
                    new A2c.Config(16, 8, 1e-2, 0.99, 0.99, 1, 0.5, 0.01, 0.5, hidden),
                    chain,
                    KEY)),
        new Case(
            "reinforce",
            () -> new Reinforce(new Reinforce.Config(16, 1e-2, 0.99, 0.5, 10, hidden), chain, KEY)),
        new Case(
            "trpo",
            () ->
                new Trpo(
                    new Trpo.Config(8, 64, 0.02, 10, 0.1, 0.8, 10, 0.99, 0.95, 1e-2, 5, 4, hidden),
                    chain,
                    KEY)));
  }

  /// Where only some actions make sense no other is ever taken, its probability is zero, nothing
  /// becomes infinite or no number, and the ratio still begins at one.
  @ParameterizedTest
  @MethodSource("masked")
  void actionsThatMakeNoSenseAreNotTaken(Case algorithm) {
    try (Learner learner = algorithm.make().get()) {
      for (int i = 0; i < 3; i++) {
        Map<String, Double> report = learner.advance();
        assertTrue(report.values().stream().allMatch(Double::isFinite), report.toString());
        assertTrue(report.getOrDefault("entropy", 0.0) <= Math.log(6));
      }
      Small.numbers(learner.policy())
          .forEach(leaf -> assertTrue(Arrays.stream(leaf).allMatch(Double::isFinite)));
    }
  }

  private static Stream<Case> masked() {
    Supplier<Environment.Restorable<Integer, Integer>> taxi =
        () -> new TimeLimit<>(new Sensible(Taxi.environment(0.99)), 40);
    return Stream.of(
        new Case("ppo", () -> new Ppo(OnPolicyTest.small(false), taxi, KEY)),
        new Case(
            "a2c",
            () ->
                new A2c(
                    new A2c.Config(3, 6, 1e-3, 0.99, 0.99, 1, 0.5, 0.01, 0.5, List.of(8)),
                    taxi,
                    KEY)),
        new Case(
            "recurrent",
            () ->
                new RecurrentPpo(
                    new RecurrentPpo.Config(
                        RecurrentPpo.Kind.GRU,
                        8,
                        1,
                        3,
                        10,
                        2,
                        3,
                        1e-3,
                        0,
                        0.99,
                        0.95,
                        0.2,
                        0.5,
                        0.01,
                        0.5,
                        0,
                        List.of(8)),
                    taxi,
                    KEY)),
        new Case("trpo", () -> new Trpo(OnPolicyTest.trpo(List.of(8)), taxi, KEY)));
  }

  /// Refuses what makes no sense; in every third step everything does.
  private static final class Sensible implements Wrapper.Alike<Integer, Integer> {
    private final Environment.Restorable<Integer, Integer> inner;
    private int steps;

    Sensible(Environment.Restorable<Integer, Integer> inner) {
      this.inner = inner;
    }

    @Override
    public Environment.Restorable<Integer, Integer> inner() {
      return inner;
    }

    @Override
    public Optional<boolean[]> allowed() {
      return steps % 3 == 2 ? Optional.empty() : inner.allowed();
    }

    @Override
    public Step<Integer> step(Integer action) {
      assertTrue(allowed().map(mask -> mask[action]).orElse(true), "action " + action);
      steps++;
      return inner.step(action);
    }
  }
}
