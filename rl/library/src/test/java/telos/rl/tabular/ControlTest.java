package telos.rl.tabular;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.function.ToIntFunction;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import telos.rl.Evaluation;
import telos.rl.Learner;
import telos.rl.LearnerContract;
import telos.rl.environment.CartPole;
import telos.rl.environment.Environment;
import telos.rl.environment.FrozenLake;
import telos.rl.environment.GenerativeModel;
import telos.rl.environment.Simulation;
import telos.rl.environment.TabularEnvironment;
import telos.rl.environment.TimeLimit;
import telos.rl.tabular.Mdp.Outcome;
import telos.tensor.Rng;

/// What learns or plans by simulation, against the exact solutions.
final class ControlTest {
  private static final Rng KEY = Rng.of(11);

  /// After so many steps the mean error of the values of Q-learning and Sarsa is below 0.034 for
  /// every process that may be drawn.
  private static final int LONG = 80_000;

  private static final double NEAR = 0.05;

  private static Environment<Integer, Integer> limited(Mdp mdp, int steps) {
    return new TimeLimit<>(new TabularEnvironment(mdp), steps);
  }

  private static void run(Learner learner, long steps) {
    while (learner.steps() < steps) {
      learner.advance();
    }
  }

  private static double meanDistance(double[][] a, double[][] b) {
    double sum = 0;
    for (int s = 0; s < a.length; s++) {
      for (int x = 0; x < a[s].length; x++) {
        sum += Math.abs(a[s][x] - b[s][x]) / (a.length * a[s].length);
      }
    }
    return sum;
  }

  // --- Q-learning and Sarsa ---

  @Property(tries = 5)
  void qLearningFindsTheOptimalValues(@ForAll @IntRange(max = 1000) int seed) {
    Mdp mdp = RandomMdp.of(seed, 4, 2, 0.8);
    var config = new QLearning.Config(0.8, 1, 0.77, 0, 1, 1, 1, 1000);
    var learner = new QLearning(config, () -> limited(mdp, 20), KEY.fold(seed));
    run(learner, LONG);
    double[][] optimal = Planning.valueIteration(mdp, 1e-9).actionValues();
    assertTrue(meanDistance(optimal, learner.actionValues()) < NEAR);
  }

  /// What Sarsa learns is the value of how it acts: arbitrarily, with an epsilon of 1.
  @Property(tries = 5)
  void sarsaFindsTheValuesOfItsOwnPolicy(@ForAll @IntRange(max = 1000) int seed) {
    Mdp mdp = RandomMdp.of(seed, 4, 2, 0.8);
    var config = new Sarsa.Config(0.8, 1, 0.77, 0, 1, 1, 1, 1000);
    var learner = new Sarsa(config, () -> limited(mdp, 20), KEY.fold(seed));
    run(learner, LONG);
    double[][] uniform = new double[4][2];
    for (double[] row : uniform) {
      Arrays.fill(row, 0.5);
    }
    double[][] expected = PolicyEvaluation.actionValues(mdp, uniform);
    assertTrue(meanDistance(expected, learner.actionValues()) < NEAR);
  }

  /// Beside a cliff: going straight pays 1, but every other exploring step there falls off and
  /// costs 10. Q-learning values the straight way as if it never explored, Sarsa as it acts.
  @Test
  void sarsaKeepsAwayFromTheCliff() {
    Outcome[] toEdge = {new Outcome(1, 1, 0, false)};
    Outcome[] around = {new Outcome(1, 0, 0.5, true)};
    Outcome[] straight = {new Outcome(1, 0, 1, true)};
    Outcome[] fall = {new Outcome(1, 0, -10, true)};
    Mdp cliff =
        new Mdp(new Outcome[][][] {{toEdge, around}, {straight, fall}}, new double[] {1, 0}, 1);
    var q = new QLearning.Config(1, 1, 0.77, 0, 0.4, 0.4, 1, 1000);
    var learner = new QLearning(q, () -> limited(cliff, 9), KEY);
    run(learner, 20_000);
    assertEquals(1, learner.actionValues()[0][0], 0.02);
    var s = new Sarsa.Config(1, 1, 0.77, 0, 0.4, 0.4, 1, 1000);
    var sarsa = new Sarsa(s, () -> limited(cliff, 9), KEY);
    run(sarsa, 20_000);
    assertEquals(0.8 * 1 + 0.2 * -10, sarsa.actionValues()[0][0], 0.4);
    assertEquals(0.5, sarsa.actionValues()[0][1], 0.02);
  }

  /// One state that pays 1 for ever, cut after 3 steps: bootstrapping gives 1 / (1 - gamma), taking
  /// the cut for an end at most 1 + gamma + gamma^2.
  @Test
  void truncatedEpisodesBootstrap() {
    Mdp forever = new Mdp(new Outcome[][][] {{{new Outcome(1, 0, 1, false)}}}, one(), 0.9);
    var q = new QLearning.Config(0.9, 0.5, 0, 0, 1, 1, 1, 1000);
    var learner = new QLearning(q, () -> limited(forever, 3), KEY);
    run(learner, 2000);
    assertEquals(10, learner.actionValues()[0][0], 1e-6);
    var s = new Sarsa.Config(0.9, 0.5, 0, 0, 1, 1, 1, 1000);
    var sarsa = new Sarsa(s, () -> limited(forever, 3), KEY);
    run(sarsa, 2000);
    assertEquals(10, sarsa.actionValues()[0][0], 1e-6);
  }

  private static double[] one() {
    return new double[] {1};
  }

  /// Within 2 % of the optimum on ice that slips, by the exact value of the greedy policy.
  @Test
  void qLearningCrossesTheFrozenLake() {
    Mdp mdp = FrozenLake.slippery(FrozenLake.SMALL, 0.99);
    var learner = new QLearning(QLearning.Config.defaults(), () -> limited(mdp, 100), KEY);
    run(learner, 200_000);
    double[][] greedy = Planning.greedy(learner.actionValues());
    double optimum = Planning.policyIteration(mdp).expectedReturn(mdp);
    assertTrue(PolicyEvaluation.expectedReturn(mdp, greedy) > 0.98 * optimum);
    var evaluation =
        Evaluation.of(learner.policy().greedy(), () -> limited(mdp, 100), 300, 100, KEY);
    assertEquals(
        PolicyEvaluation.expectedReturn(mdp.withDiscount(1), greedy), evaluation.mean(), 0.12);
  }

  @Test
  void resumedTablesAreTheSame() {
    Mdp mdp = FrozenLake.slippery(FrozenLake.SMALL, 0.99);
    var q = new QLearning.Config(0.99, 1, 0.77, 0, 1, 0.1, 300, 37);
    LearnerContract.assertResumes(() -> new QLearning(q, () -> limited(mdp, 9), KEY), 3, 5);
    var s = new Sarsa.Config(0.99, 1, 0.77, 0, 1, 0.1, 300, 37);
    LearnerContract.assertResumes(() -> new Sarsa(s, () -> limited(mdp, 9), KEY), 3, 5);
  }

  @Test
  void whatDoesNotFitIsRefused() {
    var error =
        assertThrows(
            IllegalArgumentException.class,
            () -> new QLearning.Config(0.99, 0, 0.77, 0, 1, 0.1, 300, 37));
    assertEquals("q-learning: rate is 0.0, needs a number in (0, 1]", error.getMessage());
    assertThrows(
        IllegalArgumentException.class,
        () ->
            new QLearning(
                QLearning.Config.defaults(), () -> new Simulation<>(new CartPole()), KEY));
  }

  // --- tree search ---

  /// The value of the best action comes near that of backward induction, and it is found wherever
  /// the second best is clearly worse. Returns spread over several units, and so must exploration:
  /// with a constant of 1 one process in thirty is given up too early.
  @Property(tries = 10)
  void treeSearchComesNearTheExactValues(@ForAll @IntRange(max = 249) int seed) {
    Mdp mdp = RandomMdp.of(seed, 4, 2, 0.9);
    double[] exact = FiniteHorizon.optimal(mdp, 4).steps().getFirst().actionValues()[0];
    var plan = new Mcts(8000, 3, 4, 0.9).plan(GenerativeModel.of(mdp), 0, KEY.fold(seed));
    int best = exact[0] > exact[1] ? 0 : 1;
    assertEquals(exact[best], plan.values()[best], 0.3);
    assertEquals(8000, plan.visits()[0] + plan.visits()[1]);
    if (exact[best] > exact[1 - best] + 0.2) {
      assertEquals(best, plan.action());
    }
  }

  /// On an environment: its chance is drawn anew, so a plan does not know the dice. A bet of 3 on
  /// one side of a coin wins 4; not to bet is right, though for a known throw betting pays.
  @Test
  void plansDoNotKnowTheDice() {
    Outcome[] bet = {new Outcome(0.5, 0, 1, true), new Outcome(0.5, 0, -3, true)};
    Outcome[] pass = {new Outcome(1, 0, 0, true)};
    Mdp coin = new Mdp(new Outcome[][][] {{bet, pass}}, one(), 1);
    var environment = new TimeLimit<>(new TabularEnvironment(coin), 5);
    environment.reset(KEY);
    var plan =
        new Mcts(2000, 1, 3, 1).plan(GenerativeModel.of(environment), environment.state(), KEY);
    assertEquals(1, plan.action());
    assertEquals(-1, plan.values()[0], 0.5);
  }

  /// A pole about to fall is caught by looking ahead.
  @Test
  void treeSearchBalancesThePole() {
    CartPole pole = new CartPole();
    double[] state = {0, 0, 0.1, 0};
    var mcts = new Mcts(100, 5, 20, 1);
    int steps = 0;
    for (boolean fallen = false; !fallen && steps < 100; steps++) {
      int action = mcts.plan(GenerativeModel.of(pole), state, KEY.fold(steps)).action();
      var outcome = pole.move(state, action);
      state = outcome.state();
      fallen = outcome.terminated();
    }
    assertEquals(100, steps);
  }

  // --- policy search by dynamic programming ---

  /// With all states in the baseline and a table it is backward induction.
  @Property(tries = 5)
  void psdpIsBackwardInductionWhereTheBaselineCoversAll(@ForAll @IntRange(max = 1000) int seed) {
    Mdp mdp = RandomMdp.of(seed, 4, 2, 1);
    double[] uniform = {0.25, 0.25, 0.25, 0.25};
    double[][] everywhere = {uniform, uniform, uniform};
    List<ToIntFunction<Integer>> found =
        new Psdp(3, 200, 30, 1)
            .search(
                GenerativeModel.of(mdp),
                Psdp.Baseline.of(everywhere),
                Psdp.PolicyClass.table(s -> s),
                KEY.fold(seed));
    double reached = Planning.dot(mdp.initial(), FiniteHorizon.values(mdp, tables(found, 4))[0]);
    assertEquals(FiniteHorizon.optimal(mdp, 3).expectedReturn(mdp), reached, 0.1);
  }

  private static double[][][] tables(List<ToIntFunction<Integer>> policies, int states) {
    double[][][] tables = new double[policies.size()][states][2];
    for (int t = 0; t < tables.length; t++) {
      for (int s = 0; s < states; s++) {
        tables[t][s][policies.get(t).applyAsInt(s)] = 1;
      }
    }
    return tables;
  }

  /// Two states that the policy cannot tell apart want different actions, the one twice as much as
  /// the other: which one is served depends on where the baseline is.
  @Test
  void psdpServesTheStatesOfItsBaseline() {
    Outcome[] nothing = {new Outcome(1, 0, 0, true)};
    Outcome[] little = {new Outcome(1, 0, 1, true)};
    Outcome[] more = {new Outcome(1, 0, 2, true)};
    Mdp mdp =
        new Mdp(new Outcome[][][] {{little, nothing}, {nothing, more}}, new double[] {0.5, 0.5}, 1);
    for (double first : new double[] {0.5, 0.9}) {
      double[][] baseline = {{first, 1 - first}};
      Psdp psdp = new Psdp(1, 400, 1, 1);
      int expected = first > 2 * (1 - first) ? 0 : 1;
      for (Psdp.PolicyClass<Integer> blind :
          List.of(
              Psdp.PolicyClass.<Integer>table(_ -> "any"),
              Psdp.PolicyClass.<Integer>linear(_ -> one(), 1e-6))) {
        var policy =
            psdp.search(GenerativeModel.of(mdp), Psdp.Baseline.of(baseline), blind, KEY).getFirst();
        assertEquals(expected, policy.applyAsInt(0));
        assertEquals(expected, policy.applyAsInt(1));
      }
    }
  }

  /// Returns that are linear in the features are fitted exactly, so the policy is right everywhere.
  @Test
  void psdpByRegressionExtrapolates() {
    Psdp.PolicyClass<Double> line = Psdp.PolicyClass.linear(x -> new double[] {1, x}, 1e-9);
    var policy = line.best(List.of(0.0, 1.0, 2.0), new double[][] {{0, 1}, {1, 1.5}, {2, 2}});
    assertArrayEquals(
        new int[] {1, 1, 0, 0},
        new int[] {at(policy, -5), at(policy, 1.9), at(policy, 2.1), at(policy, 40)});
  }

  private static int at(ToIntFunction<Double> policy, double x) {
    return policy.applyAsInt(x);
  }
}
