package telos.rl.tabular;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import telos.rl.tabular.Mdp.Outcome;
import telos.rl.tabular.OccupancyProgram.Constraint;

/// Every solver against another way to the same number: brute force, closed forms, each other.
final class TabularTest {
  private static final double EXACT = 1e-9;
  private static final double CLOSE = 1e-6;

  /// A random process: each pair leads to two or three states, some outcomes terminate.
  private static Mdp random(int seed, int states, int actions, double discount) {
    var random = new SplittableRandom(seed);
    Outcome[][][] outcomes = new Outcome[states][actions][];
    for (Outcome[][] row : outcomes) {
      for (int a = 0; a < actions; a++) {
        double[] p = distribution(random, 2 + random.nextInt(2));
        row[a] =
            Arrays.stream(p)
                .mapToObj(each ->
                    new Outcome(
                        each,
                        random.nextInt(states),
                        random.nextDouble(-1, 1),
                        random.nextInt(5) == 0))
                .toArray(Outcome[]::new);
      }
    }
    return new Mdp(outcomes, distribution(random, states), discount);
  }

  private static double[] distribution(SplittableRandom random, int size) {
    double[] p = random.doubles(size, 0.1, 1).toArray();
    double sum = Arrays.stream(p).sum();
    return Arrays.stream(p).map(x -> x / sum).toArray();
  }

  private static double[][] policy(int seed, Mdp mdp) {
    var random = new SplittableRandom(seed);
    double[][] policy = new double[mdp.states()][];
    Arrays.setAll(policy, _ -> distribution(random, mdp.actions()));
    return policy;
  }

  /// All `A^S` deterministic policies.
  private static List<double[][]> deterministic(Mdp mdp) {
    List<double[][]> all = new ArrayList<>();
    int count = (int) Math.pow(mdp.actions(), mdp.states());
    for (int code = 0; code < count; code++) {
      double[][] policy = new double[mdp.states()][mdp.actions()];
      int rest = code;
      for (double[] row : policy) {
        row[rest % mdp.actions()] = 1;
        rest /= mdp.actions();
      }
      all.add(policy);
    }
    return all;
  }

  @Property(tries = 30)
  void optimumIsTheBestOfAllPolicies(
      @ForAll int seed,
      @ForAll @IntRange(min = 1, max = 4) int states,
      @ForAll @IntRange(min = 1, max = 3) int actions) {
    Mdp mdp = random(seed, states, actions, 0.9);
    double best =
        deterministic(mdp).stream()
            .mapToDouble(policy -> PolicyEvaluation.expectedReturn(mdp, policy))
            .max()
            .orElseThrow();
    assertEquals(best, Planning.policyIteration(mdp).expectedReturn(mdp), EXACT);
    assertEquals(best, Planning.valueIteration(mdp, 1e-10).expectedReturn(mdp), EXACT);
    assertEquals(best, OccupancyProgram.of(mdp).solve().orElseThrow().expectedReturn(), CLOSE);
  }

  @Property(tries = 30)
  void valuesAreTheSumOfWhatFollows(@ForAll int seed) {
    Mdp mdp = random(seed, 5, 2, 0.8);
    double[][] policy = policy(seed + 1, mdp);
    double[][][] repeated = new double[200][][];
    Arrays.fill(repeated, policy);
    double[] unrolled = FiniteHorizon.values(mdp, repeated)[0];
    assertArrayEquals(unrolled, PolicyEvaluation.values(mdp, policy), EXACT);
  }

  @Property(tries = 30)
  void occupancyTimesRewardIsTheReturn(@ForAll int seed) {
    Mdp mdp = random(seed, 5, 3, 0.9);
    double[][] policy = policy(seed + 1, mdp);
    double[][] occupancy = PolicyEvaluation.occupancy(mdp, policy);
    assertEquals(PolicyEvaluation.expectedReturn(mdp, policy), worth(mdp, occupancy), EXACT);
    double[][] back = PolicyEvaluation.policyOf(occupancy);
    for (int s = 0; s < back.length; s++) {
      assertArrayEquals(policy[s], back[s], EXACT);
    }
    double[][][] policies = {policy, policy(seed + 2, mdp), policy(seed + 3, mdp)};
    double finite =
        Arrays.stream(FiniteHorizon.occupancy(mdp, policies)).mapToDouble(d -> worth(mdp, d)).sum();
    assertEquals(
        Planning.dot(mdp.initial(), FiniteHorizon.values(mdp, policies)[0]), finite, EXACT);
  }

  private static double worth(Mdp mdp, double[][] occupancy) {
    double sum = 0;
    for (int s = 0; s < occupancy.length; s++) {
      for (int a = 0; a < occupancy[s].length; a++) {
        sum += occupancy[s][a] * mdp.reward(s, a);
      }
    }
    return sum;
  }

  @Property(tries = 20)
  void gradientIsTheSlopeOfTheReturn(@ForAll int seed) {
    Mdp mdp = random(seed, 4, 3, 0.9);
    double[][] logits = new double[4][3];
    var random = new SplittableRandom(seed);
    for (double[] row : logits) {
      Arrays.setAll(row, _ -> random.nextDouble(-1, 1));
    }
    double[][] gradient = PolicyEvaluation.gradient(mdp, softmax(logits));
    double step = 1e-5;
    for (int s = 0; s < 4; s++) {
      for (int a = 0; a < 3; a++) {
        double slope = (shifted(mdp, logits, s, a, step) - shifted(mdp, logits, s, a, -step));
        assertEquals(slope / (2 * step), gradient[s][a], CLOSE);
      }
    }
  }

  private static double shifted(Mdp mdp, double[][] logits, int s, int a, double by) {
    double[][] moved = Arrays.stream(logits).map(double[]::clone).toArray(double[][]::new);
    moved[s][a] += by;
    return PolicyEvaluation.expectedReturn(mdp, softmax(moved));
  }

  private static double[][] softmax(double[][] logits) {
    return Arrays.stream(logits)
        .map(row -> {
          double sum = Arrays.stream(row).map(Math::exp).sum();
          return Arrays.stream(row).map(x -> Math.exp(x) / sum).toArray();
        })
        .toArray(double[][]::new);
  }

  /// No policy has more return plus temperature times entropy; brute force: random ones, and the
  /// soft one disturbed.
  @Property(tries = 20)
  void softPolicyMaximisesReturnPlusEntropy(@ForAll int seed) {
    Mdp mdp = random(seed, 4, 3, 0.9);
    double temperature = 0.3;
    Planning.Solution soft = Planning.softValueIteration(mdp, temperature, 1e-11);
    double best = regularised(mdp, soft.policy(), temperature);
    assertEquals(soft.expectedReturn(mdp), best, CLOSE);
    for (int i = 0; i < 20; i++) {
      double[][] other = policy(seed + i, mdp);
      assertTrue(regularised(mdp, other, temperature) <= best + EXACT);
      double[][] mixed = mixed(soft.policy(), other, 1e-2);
      assertTrue(regularised(mdp, mixed, temperature) <= best + EXACT);
    }
  }

  private static double[][] mixed(double[][] a, double[][] b, double weight) {
    double[][] mixed = new double[a.length][a[0].length];
    for (int s = 0; s < a.length; s++) {
      for (int i = 0; i < a[s].length; i++) {
        mixed[s][i] = (1 - weight) * a[s][i] + weight * b[s][i];
      }
    }
    return mixed;
  }

  private static double regularised(Mdp mdp, double[][] policy, double temperature) {
    double[][] occupancy = PolicyEvaluation.occupancy(mdp, policy);
    double sum = worth(mdp, occupancy);
    for (int s = 0; s < policy.length; s++) {
      for (int a = 0; a < policy[s].length; a++) {
        sum -= temperature * occupancy[s][a] * Math.log(policy[s][a]);
      }
    }
    return sum;
  }

  @Test
  void softBecomesHardTowardsTemperatureZero() {
    Mdp mdp = random(3, 5, 3, 0.9);
    double hard = Planning.policyIteration(mdp).expectedReturn(mdp);
    double soft = Planning.softValueIteration(mdp, 1e-4, 1e-12).expectedReturn(mdp);
    assertTrue(
        soft > hard - EXACT && soft - hard < 1e-4 * Math.log(3) / (1 - 0.9), soft + " " + hard);
  }

  @Property(tries = 20)
  void backwardInductionIsTheBestOfAllSchedules(@ForAll int seed) {
    Mdp mdp = random(seed, 2, 2, 1);
    List<double[][]> all = deterministic(mdp);
    double best = Double.NEGATIVE_INFINITY;
    for (double[][] first : all) {
      for (double[][] second : all) {
        for (double[][] third : all) {
          double[][][] policies = {first, second, third};
          double[] values = FiniteHorizon.values(mdp, policies)[0];
          best = Math.max(best, Planning.dot(mdp.initial(), values));
        }
      }
    }
    var optimal = FiniteHorizon.optimal(mdp, 3);
    assertEquals(best, optimal.expectedReturn(mdp), EXACT);
    double[] values = FiniteHorizon.values(mdp, optimal.policies())[0];
    assertEquals(best, Planning.dot(mdp.initial(), values), EXACT);
  }

  /// One state, two actions, a reward each, then the end: a log-sum-exp by hand.
  @Test
  void softValueOfABandit() {
    Outcome[][][] bandit = {
      {
        {new Outcome(1, 0, 1, true)}, {new Outcome(1, 0, 0, true)},
      }
    };
    Mdp mdp = new Mdp(bandit, new double[] {1}, 0.9);
    var soft = Planning.softValueIteration(mdp, 0.5, 1e-12);
    double value = 0.5 * Math.log(Math.exp(2) + 1);
    assertEquals(value, soft.values()[0], EXACT);
    assertEquals(Math.exp((1 - value) / 0.5), soft.policy()[0][0], EXACT);
    assertEquals(value, FiniteHorizon.soft(mdp, 1, 0.5).expectedReturn(mdp), EXACT);
  }

  /// Work pays 1 and costs 1 a step, rest pays nothing: with a budget of a third of what working
  /// for ever costs, a third of the reward is had.
  @Test
  void constraintIsKept() {
    Outcome[][][] work = {
      {
        {new Outcome(1, 0, 1, false)}, {new Outcome(1, 0, 0, false)},
      }
    };
    Mdp mdp = new Mdp(work, new double[] {1}, 0.9);
    Mdp.Reward cost = (_, action, _) -> action == 0 ? 1 : 0;
    double all = 10;
    var third =
        new OccupancyProgram(mdp, List.of(new Constraint(cost, all / 3))).solve().orElseThrow();
    assertEquals(all / 3, third.expectedReturn(), CLOSE);
    assertEquals(1.0 / 3, third.policy()[0][0], CLOSE);
    assertTrue(new OccupancyProgram(mdp, List.of(new Constraint(cost, -1))).solve().isEmpty());
    double[][] policy = third.policy();
    assertEquals(
        all / 3, PolicyEvaluation.expectedReturn(mdp.withReward(cost), policy), 10 * CLOSE);
  }

  @Test
  void whatTerminatesHasNoFuture() {
    Outcome[][][] chain = {{{new Outcome(0.5, 0, 2, true), new Outcome(0.5, 0, 2, false)}}};
    double[] values =
        PolicyEvaluation.values(new Mdp(chain, new double[] {1}, 1), new double[][] {{1}});
    assertEquals(4, values[0], EXACT);
  }

  @Test
  void whatHasNoAnswerIsRefused() {
    Outcome[][][] loop = {{{new Outcome(1, 0, 1, false)}}};
    Mdp endless = new Mdp(loop, new double[] {1}, 1);
    double[][] only = {{1}};
    assertThrows(ArithmeticException.class, () -> PolicyEvaluation.values(endless, only));
    assertThrows(ArithmeticException.class, () -> Planning.valueIteration(endless, 1e-6));
    assertThrows(ArithmeticException.class, () -> OccupancyProgram.of(endless).solve());
  }

  @Test
  void malformedProcessesAreRefusedWithASentence() {
    Outcome[][][] half = {{{new Outcome(0.5, 0, 1, false)}}};
    var sum =
        assertThrows(IllegalArgumentException.class, () -> new Mdp(half, new double[] {1}, 0.9));
    assertTrue(sum.getMessage().contains("state 0, action 0: probabilities sum to 0.5"));
    Outcome[][][] away = {{{new Outcome(1, 3, 1, false)}}};
    var next =
        assertThrows(IllegalArgumentException.class, () -> new Mdp(away, new double[] {1}, 0.9));
    assertTrue(next.getMessage().contains("leads to state 3 of 1"));
  }
}
