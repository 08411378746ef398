package telos.rl.offline;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import telos.rl.Trajectory;
import telos.rl.environment.Space;
import telos.rl.offline.BehaviourCloning.Objective;
import telos.tensor.Rng;
import telos.tensor.Tensor;

/// Behaviour cloning, TD3+BC, and the data they learn from, against closed forms.
final class CloningTest {
  private static final Rng KEY = Rng.of(11);

  /// The likeliest policy takes actions as often as the data does.
  @Test
  void cloningFindsFrequencies() {
    int[][] counts = {{5, 3, 2}, {1, 1, 8}};
    List<Trajectory> steps = new ArrayList<>();
    for (int s = 0; s < 2; s++) {
      for (int a = 0; a < 3; a++) {
        for (int i = 0; i < counts[s][a]; i++) {
          steps.add(Recordings.episode(new int[] {s, s}, new int[] {a}, new double[] {0}, true));
        }
      }
    }
    var config =
        new BehaviourCloning.Config(List.of(), Objective.LIKELIHOOD, 1, true, 0.02, 100, 800);
    var learner = new BehaviourCloning(config, Recordings.discrete(2, 3, steps), KEY);
    learner.advance();
    double[][] p = Recordings.probabilities(learner.policy(), 2, 3);
    assertArrayEquals(new double[] {0.5, 0.3, 0.2}, p[0], 2e-3);
    assertArrayEquals(new double[] {0.1, 0.1, 0.8}, p[1], 2e-3);
  }

  /// The likeliest Gaussian has the means of the data and its mean square around them, in a box
  /// that is not the unit one.
  @Test
  void cloningFindsMeansAndDeviation() {
    double[][] actions = {{1.2, 1.6, 2.0}, {-0.4, 0.4, 0.0}};
    Dataset data = Recordings.oneNumber(actions);
    var config =
        new BehaviourCloning.Config(List.of(), Objective.LIKELIHOOD, 1, true, 0.02, 100, 500);
    var learner = new BehaviourCloning(config, data, KEY);
    learner.advance();
    double loss = learner.advance().get("loss");
    double[] means = Recordings.act(learner.policy().greedy(), Recordings.states(2));
    assertArrayEquals(new double[] {1.6, 0}, means, 1e-2);
    double variance = 2 * (0.16 + 0 + 0.16) / 6 / 4;
    assertEquals(0.5 * Math.log(2 * Math.PI * Math.E * variance), loss, 1e-3);
  }

  @Test
  void drawnActionsStayInTheBox() {
    var learner =
        new BehaviourCloning(BehaviourCloning.Config.defaults(), Recordings.plane(2, 2), KEY);
    double[] actions = Recordings.act(learner.policy(), Tensor.zeros(500, 2));
    assertTrue(Arrays.stream(actions).allMatch(a -> a >= -1 && a <= 3));
    assertEquals(-1, Arrays.stream(actions).min().orElseThrow());
    assertEquals(3, Arrays.stream(actions).max().orElseThrow());
  }

  /// Without the value term it is behaviour cloning, to the bit.
  @Test
  void withoutValueTd3BcIsCloning() {
    Dataset data = Recordings.plane(10, 6);
    var td3 =
        new Td3Bc(
            new Td3Bc.Config(List.of(16), 0, 0.99, 0.005, 0.2, 0.5, 1, true, 1e-3, 8, 20),
            data,
            KEY);
    var bc =
        new BehaviourCloning(
            new BehaviourCloning.Config(List.of(16), Objective.SQUARED_ERROR, 1, true, 1e-3, 8, 20),
            data,
            KEY);
    td3.advance();
    bc.advance();
    Tensor observations = data.trajectories().getFirst().observations();
    assertArrayEquals(
        Recordings.act(bc.policy(), observations), Recordings.act(td3.policy(), observations));
  }

  /// The reward is the action itself: the value term pulls above what was recorded.
  @Test
  void valuePullsTd3BcUpwards() {
    Dataset data = Recordings.oneNumber(new double[][] {{0, 0.5, 1, 1.5, 2}, {0, 0.5, 1, 1.5, 2}});
    Td3Bc.Config config =
        new Td3Bc.Config(List.of(32), 2.5, 0.9, 0.05, 0.2, 0.5, 2, true, 3e-3, 16, 300);
    var learner = new Td3Bc(config, data, KEY);
    learner.advance();
    double[] actions = Recordings.act(learner.policy(), Recordings.states(2));
    assertTrue(actions[0] > 1.4 && actions[1] > 1.4, Arrays.toString(actions));
  }

  @Test
  void theBestTrajectoriesAndScaledRewards() {
    List<Trajectory> all = new ArrayList<>();
    for (double reward : new double[] {3, -1, 7, 4}) {
      all.add(Recordings.episode(new int[] {0, 0}, new int[] {0}, new double[] {reward}, true));
    }
    Dataset data = Recordings.discrete(1, 1, all);
    assertArrayEquals(new double[] {7, 4}, data.best(0.5).totals());
    assertArrayEquals(new double[] {7}, data.best(0.01).totals());
    double[] scaled = data.scaled().totals();
    assertArrayEquals(new double[] {375, -125, 875, 500}, scaled, 1e-3);
  }

  @Test
  void observationsAreStandardised() {
    Dataset data = Recordings.plane(5, 4);
    List<Tensor> rows = data.trajectories().stream().map(Trajectory::observations).toList();
    Tensor all = data.features(true).call(Tensor.concat(0, rows));
    for (int i = 0; i < 2; i++) {
      Tensor column = all.slice(1, i, i + 1);
      assertEquals(0, column.mean().item(), 1e-4);
      assertEquals(1, column.square().mean().item(), 1e-2);
    }
  }

  @Test
  void badDataAndParametersAreRefused() {
    var nan =
        Recordings.episode(
            new int[] {0, 1, 0}, new int[] {0, 1}, new double[] {1, Double.NaN}, true);
    var nothing = Recordings.episode(new int[] {0}, new int[0], new double[0], true);
    refuses("trajectory 0 has no steps", () -> Recordings.discrete(2, 2, List.of(nothing)));
    refuses(
        "number 1 of the rewards of trajectory 0 is NaN",
        () -> Recordings.discrete(2, 2, List.of(nan)));
    var far = Recordings.episode(new int[] {0, 1}, new int[] {2}, new double[] {1}, true);
    refuses(
        "actions of trajectory 0 hold 2, not in 0 to 1",
        () -> Recordings.discrete(2, 2, List.of(far)));
    refuses(
        "the space needs F32 [T, 1]",
        () -> new Dataset(Space.Box.of(0, 1, 1), Space.Discrete.of(3), List.of(far)));
    refuses(
        "iql: expectile is 1.0, needs a number in (0, 1)",
        () -> new Iql.Config(List.of(), 1, 1, 100, 0.9, 0.1, false, false, 0.1, 1, 1, 1));
    refuses(
        "vectors between finite bounds",
        () ->
            new BehaviourCloning(
                BehaviourCloning.Config.defaults(),
                new Dataset(
                    Space.Discrete.of(1), Space.Box.of(0, Double.POSITIVE_INFINITY, 1), List.of()),
                KEY));
  }

  private static void refuses(String why, Executable body) {
    var error = assertThrows(IllegalArgumentException.class, body);
    assertTrue(error.getMessage().contains(why), error.getMessage());
  }
}
