package telos.rl.offline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import telos.rl.Categorical;
import telos.rl.Policy;
import telos.rl.Trajectory;
import telos.rl.environment.Space;
import telos.rl.offline.ImportanceSampling.Episode;
import telos.rl.offline.ImportanceSampling.Estimate;
import telos.rl.offline.ImportanceSampling.Model;
import telos.rl.tabular.FiniteHorizon;
import telos.rl.tabular.Mdp;
import telos.rl.tabular.Mdp.Outcome;
import telos.rl.tabular.PolicyEvaluation;
import telos.tensor.Rng;
import telos.tensor.Tensor;

/// Estimators against exact values of small processes.
final class OffPolicyEvaluationTest {
  private static final int STATES = 3;
  private static final int ACTIONS = 2;
  private static final int HORIZON = 3;

  /// An episode that may happen.
  ///
  /// @param probability under the recorded policy
  private record Possible(double probability, Episode episode, Model model) {}

  /// Everything that may happen within the horizon.
  private static final class Enumeration {
    private final Mdp mdp;
    private final double[][] recorded;
    private final double[][] evaluated;
    private final double[][] values;
    private final double lie;
    private final List<Possible> all = new ArrayList<>();

    /// @param lie what is added to the values of the model
    Enumeration(Mdp mdp, double[][] recorded, double[][] evaluated, double lie) {
      this.mdp = mdp;
      this.recorded = recorded;
      this.evaluated = evaluated;
      this.lie = lie;
      double[][][] policies = new double[HORIZON][][];
      Arrays.fill(policies, evaluated);
      values = Arrays.copyOf(FiniteHorizon.values(mdp, policies), HORIZON + 1);
      values[HORIZON] = new double[STATES];
      for (int s = 0; s < STATES; s++) {
        extend(s, mdp.initial()[s], new double[0][]);
      }
    }

    double exact() {
      double sum = 0;
      for (int s = 0; s < STATES; s++) {
        sum += mdp.initial()[s] * values[0][s];
      }
      return sum;
    }

    /// @param steps log ratio, reward, q, v of each
    private void extend(int state, double probability, double[][] steps) {
      if (steps.length == HORIZON) {
        all.add(possible(probability, steps));
        return;
      }
      double[] next = values[steps.length + 1];
      for (int a = 0; a < ACTIONS; a++) {
        double ratio = Math.log(evaluated[state][a] / recorded[state][a]);
        double q = mdp.backup(state, a, next) + lie;
        for (Outcome outcome : mdp.outcomes()[state][a]) {
          double[][] longer = Arrays.copyOf(steps, steps.length + 1);
          longer[steps.length] =
              new double[] {ratio, outcome.reward(), q, values[steps.length][state] + lie};
          double p = probability * recorded[state][a] * outcome.probability();
          if (outcome.terminated()) {
            all.add(possible(p, longer));
          } else {
            extend(outcome.next(), p, longer);
          }
        }
      }
    }

    private static Possible possible(double probability, double[][] steps) {
      return new Possible(
          probability,
          new Episode(column(steps, 0), column(steps, 1)),
          new Model(column(steps, 2), column(steps, 3)));
    }

    private static double[] column(double[][] steps, int i) {
      return Arrays.stream(steps).mapToDouble(step -> step[i]).toArray();
    }

    double mean(ToDoubleFunction<Possible> estimate) {
      return all.stream().mapToDouble(p -> p.probability() * estimate.applyAsDouble(p)).sum();
    }
  }

  private static Enumeration enumeration(int seed, int branches, double lie) {
    Mdp mdp = Recordings.random(seed, STATES, ACTIONS, branches, 0.9);
    return new Enumeration(
        mdp,
        Recordings.policy(seed + 1000, STATES, ACTIONS),
        Recordings.policy(seed + 2000, STATES, ACTIONS),
        lie);
  }

  /// Averaged over all that may happen the three are exact, doubly robust also with a wrong model.
  @Property(tries = 20)
  void unbiased(@ForAll @IntRange(max = 10_000) int seed) {
    Enumeration every = enumeration(seed, 2, 0.7);
    assertEquals(1, every.mean(_ -> 1), 1e-9);
    assertEquals(every.exact(), every.mean(p -> p.episode().ordinary(0.9)), 1e-9);
    assertEquals(every.exact(), every.mean(p -> p.episode().perDecision(0.9)), 1e-9);
    assertEquals(every.exact(), every.mean(p -> p.episode().doublyRobust(0.9, p.model())), 1e-9);
  }

  /// With the true values and no chance in the process nothing is left to vary.
  @Property(tries = 20)
  void doublyRobustWithTheTrueModelDoesNotVary(@ForAll @IntRange(max = 10_000) int seed) {
    Enumeration every = enumeration(seed, 1, 0);
    for (Possible possible : every.all) {
      double first = possible.model().v()[0];
      assertEquals(first, possible.episode().doublyRobust(0.9, possible.model()), 1e-9);
    }
    var sameStart =
        every.all.stream().filter(p -> p.model().v()[0] == every.all.getFirst().model().v()[0]);
    List<Possible> some = sameStart.toList();
    Estimate estimate =
        ImportanceSampling.doublyRobust(
            some.stream().map(Possible::episode).toList(),
            some.stream().map(Possible::model).toList(),
            0.9);
    assertEquals(0, estimate.variance(), 1e-15);
  }

  /// Two episodes by hand.
  @Test
  void closedForms() {
    var twice = new Episode(new double[] {Math.log(2), Math.log(0.5)}, new double[] {1, 10});
    assertEquals(1 * (1 + 0.5 * 10), twice.ordinary(0.5), 1e-12);
    assertEquals(2 * 1 + 1 * 0.5 * 10, twice.perDecision(0.5), 1e-12);
    var half = new Episode(new double[] {Math.log(0.5)}, new double[] {4});
    List<Episode> both = List.of(twice, half);

    Estimate ordinary = ImportanceSampling.ordinary(both, 0.5);
    assertEquals((6 + 2) / 2.0, ordinary.value(), 1e-12);
    assertEquals((4 + 4) / 1.0 / 2, ordinary.variance(), 1e-12);
    assertEquals(1.5 * 1.5 / (1 + 0.25), ordinary.effectiveSize(), 1e-12);

    Estimate weighted = ImportanceSampling.weighted(both, 0.5);
    double value = (1 * 6 + 0.5 * 4) / 1.5;
    assertEquals(value, weighted.value(), 1e-12);
    assertEquals(
        Math.pow(2.0 / 3 * (6 - value), 2) + Math.pow(1.0 / 3 * (4 - value), 2),
        weighted.variance(),
        1e-12);
    assertEquals((7 + 2) / 2.0, ImportanceSampling.perDecision(both, 0.5).value(), 1e-12);
  }

  /// Weights beyond the range of doubles do no harm to what is a ratio of them.
  @Test
  void weightedDoesNotOverflow() {
    var high = new Episode(new double[] {2000}, new double[] {3});
    var low = new Episode(new double[] {1000}, new double[] {1});
    Estimate estimate = ImportanceSampling.weighted(List.of(high, low), 1);
    assertEquals(3, estimate.value(), 1e-12);
    assertEquals(1, estimate.effectiveSize(), 1e-12);
    var never = new Episode(new double[] {Double.NEGATIVE_INFINITY}, new double[] {1});
    var error =
        assertThrows(
            IllegalArgumentException.class, () -> ImportanceSampling.weighted(List.of(never), 1));
    assertTrue(error.getMessage().contains("none of the 1 episodes"), error.getMessage());
  }

  @Test
  void ratiosOfTwoPolicies() {
    Tensor evaluated = Recordings.floats(new double[] {0.8, 0.2, 0.5, 0.5}, 2, 2).log();
    Tensor recorded = Recordings.floats(new double[] {0.4, 0.6, 0.1, 0.9}, 2, 2).log();
    var trajectory =
        Recordings.episode(new int[] {0, 1, 0}, new int[] {0, 1}, new double[] {1, 2}, false);
    var episode =
        Episode.of(
            trajectory,
            states -> new Categorical(evaluated.gather(0, states)),
            states -> new Categorical(recorded.gather(0, states)));
    assertEquals(Math.log(2), episode.logRatios()[0], 1e-6);
    assertEquals(Math.log(5.0 / 9), episode.logRatios()[1], 1e-6);
    assertEquals(3, episode.discounted(1), 1e-12);
  }

  /// On one-hot rows fitted Q evaluation is policy evaluation.
  @Test
  void fittedQEvaluationIsExactOnTables() {
    Mdp mdp = Recordings.random(3, 4, 2, 2, 0.8);
    double[][] policy = Recordings.policy(5, 4, 2);
    Dataset data =
        Recordings.discrete(4, 2, Recordings.outcomes(mdp, Recordings.everything(mdp), 2));
    var config = new FittedQEvaluation.Config(List.of(), 0.8, 0.4, true, 0.03, 1000, 500);
    var fitted = new FittedQEvaluation(config, data, Recordings.tabular(policy), Rng.of(1));
    fitted.advance();
    double[] exact = PolicyEvaluation.values(mdp, policy);
    double[] values = fitted.values(Recordings.states(4)).toDoubles();
    double[][] exactActions = PolicyEvaluation.actionValues(mdp, policy);
    for (int s = 0; s < 4; s++) {
      assertEquals(exact[s], values[s], 1e-3);
      for (int a = 0; a < 2; a++) {
        double q = fitted.values(Tensor.of(new int[] {s}), Tensor.of(new int[] {a})).item();
        assertEquals(exactActions[s][a], q, 1e-3);
      }
    }
    assertEquals(Arrays.stream(exact).average().orElseThrow(), fitted.value(), 1e-3);
  }

  /// A policy whose probabilities are not known is evaluated by what it does: where the reward is
  /// the action itself, by its action.
  @Test
  void fittedQEvaluationOfBoxes() {
    var random = new SplittableRandom(1);
    List<Trajectory> steps = new ArrayList<>();
    for (double action : random.doubles(40, -1, 3).toArray()) {
      Tensor one = Recordings.floats(new double[] {action}, 1);
      steps.add(new Trajectory(Tensor.zeros(2, 1), one.unsqueeze(1), one, true, false));
    }
    Dataset data = new Dataset(Space.Box.of(-1, 1, 1), Space.Box.of(-1, 3, 1), steps);
    Policy high =
        new Policy.Deterministic<>(
            Tensor.of(2.5f), (action, seen) -> action.reshape(1, 1).broadcastTo(seen.shape()));
    var config = new FittedQEvaluation.Config(List.of(), 0.9, 0.5, true, 0.03, 100, 250);
    var fitted = new FittedQEvaluation(config, data, high, Rng.of(1));
    fitted.advance();
    assertEquals(2.5, fitted.value(), 1e-2);
  }
}
