package telos.rl.online;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import telos.rl.Evaluation;
import telos.rl.Policy;
import telos.rl.RememberingPolicy;
import telos.rl.Rollout;
import telos.rl.online.RecurrentPpo.Kind;
import telos.rl.vector.SameStep;
import telos.tensor.Rng;
import telos.tensor.Tensor;

final class RecurrentPpoTest {
  private static final Rng KEY = Rng.of(31);

  private static RecurrentPpo.Config config(Kind kind) {
    return new RecurrentPpo.Config(
        kind, 16, 4, 16, 16, 4, 2, 5e-3, 0, 1, 0.95, 0.2, 0.5, 0.01, 0.5, 0, List.of(16));
  }

  private static double evaluated(Policy policy) {
    return Evaluation.of(policy, Small.recall(3), 200, 3, KEY.fold("evaluation")).mean();
  }

  /// The first observation tells which action the last one wants; those between tell nothing.
  @ParameterizedTest
  @EnumSource(Kind.class)
  void whatWasSeenIsRemembered(Kind kind) {
    try (var learner = new RecurrentPpo(config(kind), Small.recall(3), KEY)) {
      double reached = 0;
      while (reached < 0.95 && learner.steps() < 30_000) {
        learner.advance();
        reached = learner.steps() % 1024 == 0 ? evaluated(learner.policy()) : reached;
      }
      assertTrue(reached >= 0.95, kind + " reached " + reached);
      assertEquals(1, evaluated(learner.policy().greedy()));
    }
  }

  /// Without a memory every policy is right half of the time.
  @Test
  void withoutAMemoryItCannotBe() {
    var config =
        new Ppo.Config(
            16,
            16,
            4,
            4,
            5e-3,
            0,
            1,
            0.95,
            0.2,
            true,
            0.5,
            0.01,
            0.5,
            0,
            true,
            false,
            false,
            Curiosity.Kind.NONE,
            0,
            List.of(16));
    try (var learner = new Ppo(config, Small.recall(3), KEY)) {
      while (learner.steps() < 4_000) {
        learner.advance();
      }
      assertEquals(0.5, evaluated(learner.policy()), 0.12);
    }
  }

  /// What was computed step by step while acting is computed again for whole sequences, and for
  /// some of them only: the same bits.
  @ParameterizedTest
  @EnumSource(Kind.class)
  void ratiosBeginAtExactlyOne(Kind kind) {
    RecurrentPpo.Config config = config(kind);
    var copies = Stream.generate(Small.recall(3)).limit(4).toList();
    try (var environments = new SameStep(copies)) {
      environments.reset(KEY);
      var model =
          RecurrentPpo.Model.of(
              environments.observationSpace(), environments.actionSpace(), config, KEY);
      RememberingPolicy policy = model.policy();
      Tensor before = policy.memory().start(4);
      for (int rollouts = 0; rollouts < 2; rollouts++) {
        RememberingPolicy.Walker agent = policy.begin(before);
        double[][] acted = new double[9][];
        int[] t = {0};
        Policy.Agent noting =
            (seen, begins, key) -> {
              Tensor actions = agent.act(seen, begins, key);
              acted[t[0]++] =
                  policy
                      .actor()
                      .call(policy.memory().output(agent.state(4)))
                      .logProb(actions)
                      .toDoubles();
              return actions;
            };
        var rollout = Rollout.of(environments, noting, 9, KEY.fold("action"));
        var all =
            Sequences.of(model, rollout, before, environments.begins(), Ppo.Config.defaults());
        double[] then = Arrays.stream(acted).flatMapToDouble(Arrays::stream).toArray();
        assertArrayEquals(then, all.steps().logProbs().toDoubles(), 0);
        var some = all.of(new int[] {2, 0});
        Tensor known =
            policy
                .memory()
                .output(
                    policy
                        .memory()
                        .states(some.steps().observations(), some.goesOn(), some.before()));
        assertArrayEquals(
            some.steps().logProbs().toDoubles(),
            policy.actor().call(known).logProb(some.steps().actions()).toDoubles(),
            0);
        before = agent.state(4);
      }
    }
  }

  /// Episodes of four steps cut after two: with lambda 0 a target is the reward plus the value of
  /// what followed, as somebody sees it who read that episode alone; where it was cut, of its last
  /// observation.
  @Test
  void truncatedEpisodesBootstrapFromWhatIsRemembered() {
    RecurrentPpo.Config config = config(Kind.LSTM);
    var copies =
        Stream.generate(() -> new telos.rl.environment.TimeLimit<>(Small.recall(4).get(), 2))
            .limit(3)
            .toList();
    try (var environments = new SameStep(copies)) {
      environments.reset(KEY);
      var model =
          RecurrentPpo.Model.of(
              environments.observationSpace(), environments.actionSpace(), config, KEY);
      Tensor before = model.memory().start(3);
      var rollout = Rollout.of(environments, model.policy().begin(before), 6, KEY);
      var ppo =
          new Ppo.Config(
              3,
              6,
              1,
              1,
              1,
              0,
              0.9,
              0,
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
              List.of());
      var all = Sequences.of(model, rollout, before, environments.begins(), ppo);
      double[] targets = all.steps().targets().toDoubles();
      int[] seen = rollout.observations().toInts();
      for (int row = 0; row < rollout.size(); row++) {
        boolean first = row / 3 % 2 == 0;
        assertEquals(!first, rollout.cut()[row]);
        int cue = seen[first ? row : row - 3];
        double[] values = alone(model, first ? new int[] {cue, 2} : new int[] {cue, 2, 2});
        assertEquals(0.9 * values[values.length - 1], targets[row], 1e-6);
      }
    }
  }

  /// The values of one episode, read from its beginning.
  private static double[] alone(RecurrentPpo.Model model, int... observations) {
    Tensor goesOn = Tensor.ones(observations.length, 1);
    Tensor states = model.memory().states(Tensor.of(observations), goesOn, model.memory().start(1));
    return model.values(model.memory().output(states)).toDoubles();
  }
}
