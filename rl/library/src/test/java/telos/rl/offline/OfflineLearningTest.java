package telos.rl.offline;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import telos.autograd.Grad;
import telos.nn.Activation;
import telos.nn.Ensemble;
import telos.nn.Linear;
import telos.nn.Mlp;
import telos.rl.AdvantageWeights;
import telos.rl.Evaluation;
import telos.rl.Expectile;
import telos.rl.Learner;
import telos.rl.Normal;
import telos.rl.Policy;
import telos.rl.TanhNormal;
import telos.rl.Trajectory;
import telos.rl.environment.Space;
import telos.rl.environment.TabularEnvironment;
import telos.rl.environment.TimeLimit;
import telos.rl.offline.BehaviourCloning.Objective;
import telos.rl.tabular.Mdp;
import telos.rl.tabular.Mdp.Outcome;
import telos.rl.tabular.PolicyEvaluation;
import telos.tensor.DType;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// What each algorithm is to find, known exactly.
final class OfflineLearningTest {
  private static final Rng KEY = Rng.of(11);

  // --- behaviour cloning ---

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
    Dataset data = oneNumber(actions);
    var config =
        new BehaviourCloning.Config(List.of(), Objective.LIKELIHOOD, 1, true, 0.02, 100, 500);
    var learner = new BehaviourCloning(config, data, KEY);
    learner.advance();
    double loss = learner.advance().get("loss");
    double[] means = act(learner.policy().greedy(), Recordings.states(2));
    assertArrayEquals(new double[] {1.6, 0}, means, 1e-2);
    double variance = 2 * (0.16 + 0 + 0.16) / 6 / 4;
    assertEquals(0.5 * Math.log(2 * Math.PI * Math.E * variance), loss, 1e-3);
  }

  /// Actions of two states in the box `[-1, 3]`.
  private static Dataset oneNumber(double[][] actions) {
    List<Trajectory> steps = new ArrayList<>();
    for (int s = 0; s < actions.length; s++) {
      for (double action : actions[s]) {
        steps.add(
            new Trajectory(
                Tensor.of(new int[] {s, s}),
                Recordings.floats(new double[] {action}, 1, 1),
                Recordings.floats(new double[] {action}, 1),
                true,
                false));
      }
    }
    return new Dataset(Space.Discrete.of(2), Space.Box.of(-1, 3, 1), steps);
  }

  private static double[] act(Policy policy, Tensor observations) {
    int rows = observations.dim(0);
    boolean[] begins = new boolean[rows];
    Arrays.fill(begins, true);
    return policy.begin(rows).act(observations, begins, Rng.of(3)).toDoubles();
  }

  @Test
  void drawnActionsStayInTheBox() {
    var learner =
        new BehaviourCloning(BehaviourCloning.Config.defaults(), Recordings.plane(2, 2), KEY);
    double[] actions = act(learner.policy(), Tensor.zeros(500, 2));
    assertTrue(Arrays.stream(actions).allMatch(a -> a >= -1 && a <= 3));
    assertEquals(-1, Arrays.stream(actions).min().orElseThrow());
    assertEquals(3, Arrays.stream(actions).max().orElseThrow());
  }

  // --- TD3+BC ---

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
    assertArrayEquals(act(bc.policy(), observations), act(td3.policy(), observations));
  }

  /// The reward is the action itself: the value term pulls above what was recorded.
  @Test
  void valuePullsTd3BcUpwards() {
    Dataset data = oneNumber(new double[][] {{0, 0.5, 1, 1.5, 2}, {0, 0.5, 1, 1.5, 2}});
    Td3Bc.Config config =
        new Td3Bc.Config(List.of(32), 2.5, 0.9, 0.05, 0.2, 0.5, 2, true, 3e-3, 16, 300);
    var learner = new Td3Bc(config, data, KEY);
    learner.advance();
    double[] actions = act(learner.policy(), Recordings.states(2));
    assertTrue(actions[0] > 1.4 && actions[1] > 1.4, Arrays.toString(actions));
  }

  // --- expectiles and IQL ---

  @Property(tries = 50)
  void theExpectileOfTwoValues(
      @ForAll @DoubleRange(min = -3, max = 3) double low,
      @ForAll @DoubleRange(min = 0.1, max = 3) double distance,
      @ForAll @DoubleRange(min = 0.05, max = 0.95) double tau) {
    double high = low + distance;
    double expectile = tau * high + (1 - tau) * low;
    Tensor values = Recordings.floats(new double[] {low, high}, 2);
    Tensor slope =
        Grad.grad(m -> Expectile.loss(values.sub(m), tau).sum(), Tensor.scalar((float) expectile));
    assertEquals(0, slope.item(), 1e-5);
    double[] losses = Expectile.loss(values, tau).toDoubles();
    assertEquals(high * high * (high > 0 ? tau : 1 - tau), losses[1], 1e-5);
  }

  /// Of actions that were recorded, by a process in double precision.
  private static double[] expectileValues(Mdp mdp, boolean[][] recorded, double tau) {
    double[] values = new double[mdp.states()];
    for (int sweep = 0; sweep < 500; sweep++) {
      double[] before = values.clone();
      double[][] q = mdp.backups(before);
      for (int s = 0; s < values.length; s++) {
        double[] row = q[s];
        boolean[] seen = recorded[s];
        double[] of =
            IntStream.range(0, row.length).filter(a -> seen[a]).mapToDouble(a -> row[a]).toArray();
        values[s] = expectile(of, tau);
      }
    }
    return values;
  }

  /// By bisection of the derivative.
  private static double expectile(double[] values, double tau) {
    double low = Arrays.stream(values).min().orElseThrow();
    double high = Arrays.stream(values).max().orElseThrow();
    for (int i = 0; i < 60; i++) {
      double middle = (low + high) / 2;
      double slope =
          Arrays.stream(values).map(x -> (x > middle ? tau : 1 - tau) * (x - middle)).sum();
      low = slope > 0 ? middle : low;
      high = slope > 0 ? high : middle;
    }
    return low;
  }

  /// The fixed point, and its approach to the best of the recorded actions, while a better one was
  /// never recorded.
  @Test
  void iqlFindsTheExpectileOfWhatWasRecorded() {
    Mdp mdp = Recordings.random(21, 3, 3, 1, 0.7);
    boolean[][] recorded = {{true, true, false}, {false, true, true}, {true, false, true}};
    Dataset data = Recordings.discrete(3, 3, Recordings.outcomes(mdp, recorded, 1));
    double[] best = expectileValues(mdp, recorded, 1 - 1e-9);
    double gap = Double.POSITIVE_INFINITY;
    for (double tau : new double[] {0.5, 0.99}) {
      var config =
          new Iql.Config(
              List.of(), tau, 1.0 / 3, 100, 0.7, 0.5, false, false, 0.02, 100_000, 100, 600);
      var learner = new Iql(config, data, KEY);
      learner.advance();
      double[] values = learner.values(Recordings.states(3)).toDoubles();
      assertArrayEquals(expectileValues(mdp, recorded, tau), values, 0.02);
      double now = Math.abs(best[0] - values[0]) + Math.abs(best[1] - values[1]);
      assertTrue(now < gap, tau + ": " + now + " against " + gap);
      gap = now;
    }
    assertTrue(gap < 0.1, "distance to the best " + gap);
  }

  // --- advantage weights ---

  @Property(tries = 50)
  void weightsAreExponential(
      @ForAll @Size(3) List<@DoubleRange(min = -5, max = 5) Double> advantages,
      @ForAll @DoubleRange(min = 0.2, max = 3) double temperature) {
    double[] a = advantages.stream().mapToDouble(x -> x).toArray();
    double[] weights =
        AdvantageWeights.exponential(Recordings.floats(a, 3), temperature, 20).toDoubles();
    for (int i = 0; i < 3; i++) {
      double exact = Math.min(Math.exp(a[i] / temperature), 20);
      assertEquals(exact, weights[i], 1e-5 * Math.max(1, exact));
    }
  }

  @Test
  void weightsDoNotOverflow() {
    double[] weights = AdvantageWeights.exponential(Tensor.of(1e6f, -1e6f), 1, 100).toDoubles();
    assertEquals(100, weights[0], 1e-3);
    assertEquals(0, weights[1]);
  }

  /// Of one state with three actions the policy is `b(a) exp(A(a))`, normalised, A standardised.
  @Test
  void awrFindsTheWeightedPolicy() {
    double[] rewards = {0, 1, 3};
    int[] counts = {4, 2, 2};
    List<Trajectory> steps = new ArrayList<>();
    List<Double> all = new ArrayList<>();
    for (int a = 0; a < 3; a++) {
      for (int i = 0; i < counts[a]; i++) {
        double[] reward = {rewards[a]};
        steps.add(Recordings.episode(new int[] {0, 0}, new int[] {a}, reward, true));
        all.add(rewards[a]);
      }
    }
    var config = new Awr.Config(List.of(), 1, 20, 0.9, 0.95, true, 0.05, 0.05, 0.9, 100, 300, 600);
    var learner = new Awr(config, Recordings.discrete(1, 3, steps), KEY);
    learner.advance();
    learner.advance();
    double mean = all.stream().mapToDouble(x -> x).average().orElseThrow();
    double deviation = Math.sqrt(all.stream().mapToDouble(x -> (x - mean) * (x - mean)).sum() / 7);
    double[] expected = new double[3];
    double sum = 0;
    for (int a = 0; a < 3; a++) {
      expected[a] = counts[a] * Math.exp((rewards[a] - mean) / deviation);
      sum += expected[a];
    }
    for (int a = 0; a < 3; a++) {
      expected[a] /= sum;
    }
    assertArrayEquals(expected, Recordings.probabilities(learner.policy(), 1, 3)[0], 1e-2);
  }

  /// In a bandit the policy's advantage weights find the better arm, against its frequency.
  @Test
  void awacPrefersTheBetterAction() {
    List<Trajectory> steps = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      int action = i < 8 ? 0 : 1;
      double[] reward = {action * 4.0};
      steps.add(Recordings.episode(new int[] {0, 0}, new int[] {action}, reward, true));
    }
    var config = new Awac.Config(List.of(), 1, 100, 0.9, 0.2, false, 0.03, 100, 250);
    var learner = new Awac(config, Recordings.discrete(1, 2, steps), KEY);
    learner.advance();
    double[] p = Recordings.probabilities(learner.policy(), 1, 2)[0];
    assertTrue(p[1] > 0.9, Arrays.toString(p));
  }

  // --- CQL ---

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
    double[] greedy = act(learner.policy(), Recordings.states(4));
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
    Dataset data = oneNumber(new double[][] {{0.8, 0.9, 1.0, 1.1, 1.2}, {0.8, 1.0, 1.2}});
    var config = new Cql.Config(List.of(32), 5, 0, 5, 0.9, 0.05, false, 1e-3, 3e-3, 16, 150);
    var learner = new Cql(config, data, KEY);
    Map<String, Double> report = learner.advance();
    assertTrue(report.containsKey("conservative_gap"));
    Tensor states = Tensor.of(new int[] {0, 0, 0});
    double[] values =
        learner.values(states, Recordings.floats(new double[] {-0.9, 1, 2.9}, 3, 1)).toDoubles();
    assertTrue(values[1] > values[0] + 0.1 && values[1] > values[2] + 0.1, Arrays.toString(values));
  }

  // --- all of those for boxes ---

  static Stream<Arguments> continuous() {
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
    Dataset data = new Dataset(Space.Box.of(-1, 1, 1), Space.Box.of(-1, 3, 1), steps);
    List<Integer> hidden = List.of(16);
    var awr = new Awr.Config(hidden, 0.5, 20, 0.9, 0.95, true, 0.05, 0.02, 0.9, 100, 150, 300);
    var awac = new Awac.Config(hidden, 0.5, 100, 0.9, 0.1, true, 0.01, 100, 250);
    var iql = new Iql.Config(hidden, 0.7, 0.3, 100, 0.9, 0.1, false, true, 0.01, 100_000, 100, 250);
    var td3 = new Td3Bc.Config(hidden, 5, 0.9, 0.1, 0.2, 0.5, 2, true, 0.01, 100, 400);
    var cql = new Cql.Config(hidden, 0.1, 0, 4, 0.9, 0.1, true, 0.01, 0.01, 100, 250);
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
    double action = act(learner.policy().greedy(), Tensor.zeros(1, 1))[0];
    assertTrue(action > 1.4 && action < 2.5, name + " takes " + action);
  }

  // --- stitching ---

  private static final int WIDTH = 5;

  /// A grid of 3 x 5: from the upper left, the start, and from the lower left ways meet in the
  /// middle; the upper right corner is worth 0.2, the lower right one 1. Moves are right, up, down.
  private static Mdp junction() {
    Outcome[][][] outcomes = new Outcome[3 * WIDTH][3][1];
    for (int s = 0; s < outcomes.length; s++) {
      for (int a = 0; a < 3; a++) {
        int row = Math.clamp(s / WIDTH + (a == 1 ? -1 : a == 2 ? 1 : 0), 0, 2);
        int column = Math.min(s % WIDTH + (a == 0 ? 1 : 0), WIDTH - 1);
        int next = row * WIDTH + column;
        double reward = next == WIDTH - 1 ? 0.2 : next == 3 * WIDTH - 1 ? 1 : 0;
        outcomes[s][a][0] = new Outcome(1, next, reward, reward > 0);
      }
    }
    double[] initial = new double[3 * WIDTH];
    initial[0] = 1;
    return new Mdp(outcomes, initial, 0.95);
  }

  private static Trajectory walk(Mdp mdp, int from, int... actions) {
    int[] states = new int[actions.length + 1];
    double[] rewards = new double[actions.length];
    states[0] = from;
    for (int t = 0; t < actions.length; t++) {
      Outcome outcome = mdp.outcomes()[states[t]][actions[t]][0];
      states[t + 1] = outcome.next();
      rewards[t] = outcome.reward();
    }
    return Recordings.episode(states, actions, rewards, true);
  }

  /// Nobody went from the start to the good corner. Who clones does as most did; who values puts
  /// two ways together.
  @Test
  void iqlStitchesWhereCloningDoesNot() {
    Mdp mdp = junction();
    List<Trajectory> walks = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      walks.add(
          i % 4 < 3 ? walk(mdp, 0, 0, 2, 0, 1, 0, 0) : walk(mdp, 2 * WIDTH, 0, 1, 0, 2, 0, 0));
    }
    Dataset data = Recordings.discrete(3 * WIDTH, 3, walks);
    var cloning =
        new BehaviourCloning(
            new BehaviourCloning.Config(List.of(32), Objective.LIKELIHOOD, 1, true, 0.01, 100, 200),
            data,
            KEY);
    var iql =
        new Iql(
            new Iql.Config(
                List.of(32), 0.9, 0.05, 100, 0.95, 0.05, false, false, 5e-3, 100_000, 100, 500),
            data,
            KEY);
    double cloned = achieved(mdp, cloning);
    double stitched = achieved(mdp, iql);
    assertTrue(cloned < 0.6, "cloning achieves " + cloned);
    assertTrue(stitched > 0.95, "iql achieves " + stitched);
  }

  private static double achieved(Mdp mdp, Learner learner) {
    learner.advance();
    Supplier<TimeLimit<Integer, Integer>> grid =
        () -> new TimeLimit<>(new TabularEnvironment(mdp), 20);
    return Evaluation.of(learner.policy(), grid, 50, 20, Rng.of(5)).mean();
  }

  // --- data ---

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
        "iql: expectile is 1.0, must be between 0 and 1",
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
