package telos.rl.offline;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import telos.autograd.Grad;
import telos.rl.AdvantageWeights;
import telos.rl.Evaluation;
import telos.rl.Expectile;
import telos.rl.Learner;
import telos.rl.Trajectory;
import telos.rl.environment.TabularEnvironment;
import telos.rl.environment.TimeLimit;
import telos.rl.offline.BehaviourCloning.Objective;
import telos.rl.tabular.Mdp;
import telos.rl.tabular.Mdp.Outcome;
import telos.tensor.Rng;
import telos.tensor.Tensor;

/// What the methods that imitate the better actions are to find, known exactly.
final class AdvantageWeightedTest {
  private static final Rng KEY = Rng.of(11);

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

  /// Weights of a batch add up to one, and keep the ratios of the exponentials.
  @Test
  void normalisedWeightsAreASoftmax() {
    double[] weights = AdvantageWeights.normalised(Tensor.of(1e4f, 1e4f - 2, -1e4f), 2).toDoubles();
    assertArrayEquals(new double[] {1 / (1 + Math.exp(-1)), 1 / (1 + Math.E), 0}, weights, 1e-6);
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
    var config = new Awac.Config(List.of(), List.of(), 1, 0.9, 0.2, false, 0.03, 0, 100, 250);
    var learner = new Awac(config, Recordings.discrete(1, 2, steps), KEY);
    learner.advance();
    double[] p = Recordings.probabilities(learner.policy(), 1, 2)[0];
    assertTrue(p[1] > 0.9, Arrays.toString(p));
  }

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
}
