package telos.rl.online;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import telos.nn.Layer;
import telos.rl.Evaluation;
import telos.rl.Learner;
import telos.rl.LearnerContract;
import telos.rl.environment.CartPole;
import telos.rl.environment.Environment;
import telos.rl.environment.Pendulum;
import telos.rl.environment.Simulation;
import telos.rl.environment.TimeLimit;
import telos.tensor.Rng;
import telos.tensor.Tree;

final class PolicySearchTest {
  private static final Rng KEY = Rng.of(13);

  private static Environment<float[], Integer> pole() {
    return new TimeLimit<>(new Simulation<>(new CartPole()), 200);
  }

  private static Environment<float[], float[]> pendulum() {
    return new TimeLimit<>(new Simulation<>(new Pendulum()), 30);
  }

  private static final Map<String, Object> LINEAR =
      Map.of("hidden", List.of(), "horizon", 200, "members", 30, "elite", 0.2);

  private static CrossEntropyMethod crossEntropy() {
    return new CrossEntropyMethod(
        Settings.with(CrossEntropyMethod.Config.defaults(), LINEAR), PolicySearchTest::pole, KEY);
  }

  private static EvolutionStrategies evolution(EvolutionStrategies.Rule rule) {
    Map<String, Object> small =
        Map.of(
            "hidden",
            List.of(4),
            "horizon",
            200,
            "pairs",
            12,
            "sigma",
            0.3,
            "rate",
            0.1,
            "rule",
            rule,
            "episodes",
            2);
    return new EvolutionStrategies(
        Settings.with(EvolutionStrategies.Config.defaults(), small), PolicySearchTest::pole, KEY);
  }

  private static double after(Learner learner, int generations) {
    for (int i = 0; i < generations; i++) {
      learner.advance();
    }
    return Evaluation.of(learner.policy(), PolicySearchTest::pole, 20, 200, KEY.fold("test"))
        .mean();
  }

  @Test
  void thePoleIsBalancedByBoth() {
    double elite = after(crossEntropy(), 12);
    assertTrue(elite > 150, "cross-entropy: " + elite);
    double evolved = after(evolution(EvolutionStrategies.Rule.ADAM), 20);
    assertTrue(evolved > 150, "evolution: " + evolved);
  }

  @Test
  void resumedRunsAreTheSame() {
    LearnerContract.assertResumes(PolicySearchTest::crossEntropy, 1, 2);
    LearnerContract.assertResumes(() -> evolution(EvolutionStrategies.Rule.ADAM), 1, 2);
    LearnerContract.assertResumes(() -> evolution(EvolutionStrategies.Rule.SGD), 1, 2);
  }

  /// What a member achieves is what its network achieves alone: the stack mixes no rows.
  @Test
  void membersAchieveWhatTheyAchieveAlone() {
    try (Population three = new Population(PolicySearchTest::pendulum, 3, 1, 30)) {
      List<Layer> networks =
          List.of(
              three.network(List.of(5), KEY.fold(0)),
              three.network(List.of(5), KEY.fold(1)),
              three.network(List.of(5), KEY.fold(2)));
      double[] together = three.evaluate(Tree.stack(networks), KEY).returns();
      for (int i = 0; i < 3; i++) {
        List<Layer> copies = List.of(networks.get(i), networks.get(i), networks.get(i));
        assertEquals(three.evaluate(Tree.stack(copies), KEY).returns()[i], together[i]);
      }
      assertTrue(together[0] != together[1]);
      double alone =
          Evaluation.of(
                  three.policy(networks.getFirst()), PolicySearchTest::pendulum, 1, 30, KEY.fold(1))
              .mean();
      assertTrue(Double.isFinite(alone));
      assertEquals(4 * 3 * 30, three.steps());
    }
  }

  /// An episode that never ends is left at the horizon.
  @Test
  void episodesAreLeftAtTheHorizon() {
    try (Population one = new Population(() -> new Simulation<>(new Pendulum()), 2, 2, 17)) {
      Layer network = one.network(List.of(), KEY);
      var scores = one.evaluate(Tree.stack(List.of(network, network)), KEY);
      assertEquals(17, scores.length());
      assertEquals(4 * 17, one.steps());
    }
  }

  @Test
  void ranksAreCentredAndEqualsShareTheirs() {
    assertArrayEquals(
        new double[] {0.5, -0.5, 0, 0},
        EvolutionStrategies.centredRanks(new double[] {9, -7, 2, 2}),
        1e-12);
  }

  @Test
  void whatDoesNotFitIsRefused() {
    var error =
        assertThrows(
            IllegalArgumentException.class,
            () -> Settings.with(EvolutionStrategies.Config.defaults(), Map.of("sigma", -1.0)));
    assertEquals(
        "evolution-strategies: sigma is -1.0, needs a positive number", error.getMessage());
  }
}
