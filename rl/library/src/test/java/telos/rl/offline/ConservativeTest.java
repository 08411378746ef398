package telos.rl.offline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import telos.nn.Activation;
import telos.nn.Ensemble;
import telos.nn.Linear;
import telos.nn.Mlp;
import telos.rl.Learner;
import telos.rl.Normal;
import telos.rl.TanhNormal;
import telos.rl.Trajectory;
import telos.rl.environment.Space;
import telos.rl.tabular.Mdp;
import telos.rl.tabular.PolicyEvaluation;
import telos.tensor.DType;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// Conservative Q-learning against exact values, and every method for boxes on one task.
final class ConservativeTest {
  private static final Rng KEY = Rng.of(11);

  /// Where an action was never recorded its value is below the others', and the values of the
  /// policy are below its true ones.
  @Test
  void discreteCqlBoundsFromBelow() {
    Mdp mdp = Recordings.random(33, 4, 3, 1, 0.8);
    boolean[][] recorded = {
      {true, true, false}, {true, false, true}, {false, true, true}, {true, true, false}
    };
    Dataset data = Recordings.discrete(4, 3, Recordings.outcomes(mdp, recorded, 1));
    var config = new DiscreteCql.Config(List.of(), 0.5, 0.8, 0.3, false, 0.02, 100, 700);
    var learner = new DiscreteCql(config, data, KEY);
    learner.advance();
    double[] flat = learner.values(Recordings.states(4)).toDoubles();
    double[] greedy = Recordings.act(learner.policy(), Recordings.states(4));
    double[][] policy = new double[4][3];
    for (int s = 0; s < 4; s++) {
      policy[s][(int) greedy[s]] = 1;
      assertTrue(recorded[s][(int) greedy[s]], "state " + s + " takes an action never recorded");
    }
    double[] exact = PolicyEvaluation.values(mdp, policy);
    for (int s = 0; s < 4; s++) {
      assertTrue(flat[3 * s + (int) greedy[s]] <= exact[s], "state " + s);
      for (int a = 0; a < 3; a++) {
        assertTrue(recorded[s][a] || flat[3 * s + a] < flat[3 * s + (int) greedy[s]]);
      }
    }
  }

  /// Of `Q(s, a) = 2 a + 1` the integral over the box is known; proposals from three sources
  /// estimate it.
  @Test
  void proposalsEstimateTheIntegral() {
    Linear linear =
        Linear.of(
            Recordings.floats(new double[] {0, 2}, 2, 1), Recordings.floats(new double[] {1}, 1));
    var critics =
        new ActionValues(
            Activation.IDENTITY,
            Ensemble.of(List.of(new Mlp(List.of(linear), Activation.RELU))),
            false);
    int n = 20_000;
    Tensor uniform = KEY.fold("uniform").uniform(-1, 1, Shape.of(1, n, 1));
    Tensor mean = Tensor.full(0.3, DType.F32, Shape.of(1, n, 1));
    var draw = new TanhNormal(new Normal(mean, mean.zerosLike())).draw(KEY.fold("draw"));
    Tensor density = Tensor.full(-Math.log(2), DType.F32, Shape.of(1, n));
    var proposals =
        new Cql.Proposals(
            Tensor.zeros(1, 2 * n, 1),
            Tensor.concat(1, List.of(uniform, draw.action())),
            Tensor.concat(1, List.of(density, draw.logProb())));
    double exact = 1 + Math.log(2 * Math.sinh(2) / 2);
    assertEquals(exact, proposals.logIntegral(critics).item(), 0.02);
  }

  /// Recorded actions are around 1 in the box; CQL values those far off less, though nothing was
  /// said of them.
  @Test
  void cqlIsPessimisticWhereThereIsNoData() {
    Dataset data =
        Recordings.oneNumber(new double[][] {{0.8, 0.9, 1.0, 1.1, 1.2}, {0.8, 1.0, 1.2}});
    var config = new Cql.Config(List.of(32), 5, 0, 0, 5, 0.9, 0.05, false, 1e-3, 3e-3, 16, 150);
    var learner = new Cql(config, data, KEY);
    Map<String, Double> report = learner.advance();
    assertTrue(report.containsKey("conservative_gap"));
    Tensor states = Tensor.of(new int[] {0, 0, 0});
    double[] values =
        learner.values(states, Recordings.floats(new double[] {-0.9, 1, 2.9}, 3, 1)).toDoubles();
    assertTrue(values[1] > values[0] + 0.1 && values[1] > values[2] + 0.1, Arrays.toString(values));
  }

  private static Dataset parabola() {
    var random = new SplittableRandom(4);
    List<Trajectory> steps = new ArrayList<>();
    for (double action : random.doubles(60, -1, 3).toArray()) {
      steps.add(
          new Trajectory(
              Tensor.zeros(2, 1),
              Recordings.floats(new double[] {action}, 1, 1),
              Recordings.floats(new double[] {-(action - 2) * (action - 2)}, 1),
              true,
              false));
    }
    return new Dataset(Space.Box.of(-1, 1, 1), Space.Box.of(-1, 3, 1), steps);
  }

  static Stream<Arguments> continuous() {
    Dataset data = parabola();
    List<Integer> hidden = List.of(16);
    var awr = new Awr.Config(hidden, 0.5, 20, 0.9, 0.95, true, 0.05, 0.02, 0.9, 100, 150, 300);
    var awac = new Awac.Config(hidden, hidden, 0.5, 0.9, 0.1, true, 0.01, 0, 100, 250);
    var iql = new Iql.Config(hidden, 0.7, 0.3, 100, 0.9, 0.1, false, true, 0.01, 100_000, 100, 250);
    var td3 = new Td3Bc.Config(hidden, 5, 0.9, 0.1, 0.2, 0.5, 2, true, 0.01, 100, 400);
    var cql = new Cql.Config(hidden, 0.1, 0, 0, 4, 0.9, 0.1, true, 0.01, 0.01, 100, 250);
    return Stream.of(
        Arguments.of("awr", new Awr(awr, data, KEY)),
        Arguments.of("awac", new Awac(awac, data, KEY)),
        Arguments.of("iql", new Iql(iql, data, KEY)),
        Arguments.of("td3-bc", new Td3Bc(td3, data, KEY)),
        Arguments.of("cql", new Cql(cql, data, KEY)));
  }

  /// Recorded actions are 1 on average; the best one is 2.
  @ParameterizedTest(name = "{0}")
  @MethodSource("continuous")
  void improvesOnWhatWasRecorded(String name, Learner learner) {
    learner.advance();
    double action = Recordings.act(learner.policy().greedy(), Tensor.zeros(1, 1))[0];
    assertTrue(action > 1.4 && action < 2.5, name + " takes " + action);
  }

  /// As long as it does, the policy stays with what was recorded, whatever the critics say.
  @Test
  void cqlImitatesFirst() {
    var config = new Cql.Config(List.of(8), 0.1, 0, 100, 2, 0.9, 0.1, true, 0.02, 0.02, 100, 100);
    var learner = new Cql(config, parabola(), KEY);
    learner.advance();
    double imitated = Recordings.act(learner.policy().greedy(), Tensor.zeros(1, 1))[0];
    assertEquals(1, imitated, 0.35);
    learner.advance();
    double improved = Recordings.act(learner.policy().greedy(), Tensor.zeros(1, 1))[0];
    assertTrue(improved > 1.4, imitated + ", then " + improved);
  }
}
