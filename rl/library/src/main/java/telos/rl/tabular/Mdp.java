package telos.rl.tabular;

import java.util.Arrays;
import java.util.stream.IntStream;

/// A Markov decision process with S states and A actions, numbered from 0.
///
/// An outcome that terminates ends the episode: its reward counts, what would follow does not,
/// whatever the next state is worth. Every state has all A actions.
///
/// @param outcomes what may follow, `[S][A][...]`; the probabilities of each pair sum to one
/// @param initial distribution of the first state, `[S]`
/// @param discount gamma, in `[0, 1]`
@SuppressWarnings("ArrayRecordComponent") // compared by identity
public record Mdp(Outcome[][][] outcomes, double[] initial, double discount) {
  private static final double ROUNDING = 1e-9;

  /// One way a step may go.
  ///
  /// @param probability of it
  /// @param next the state it leads to
  /// @param reward for it
  /// @param terminated whether the episode ends with it
  public record Outcome(double probability, int next, double reward, boolean terminated) {}

  /// Checks and copies.
  public Mdp {
    require(outcomes.length > 0 && outcomes[0].length > 0, "needs a state and an action");
    require(discount >= 0 && discount <= 1, "discount " + discount + " is not in [0, 1]");
    require(
        initial.length == outcomes.length,
        initial.length + " initial probabilities for " + outcomes.length + " states");
    requireDistribution(Arrays.stream(initial).toArray(), "the initial distribution");
    int actions = outcomes[0].length;
    for (int s = 0; s < outcomes.length; s++) {
      require(
          outcomes[s].length == actions,
          "state " + s + " has " + outcomes[s].length + " actions, state 0 has " + actions);
      for (int a = 0; a < actions; a++) {
        check(outcomes[s][a], outcomes.length, "state " + s + ", action " + a);
      }
    }
    outcomes =
        Arrays.stream(outcomes)
            .map(row -> Arrays.stream(row).map(Outcome[]::clone).toArray(Outcome[][]::new))
            .toArray(Outcome[][][]::new);
    initial = initial.clone();
  }

  private static void check(Outcome[] outcomes, int states, String where) {
    requireDistribution(Arrays.stream(outcomes).mapToDouble(Outcome::probability).toArray(), where);
    for (Outcome outcome : outcomes) {
      require(
          outcome.next() >= 0 && outcome.next() < states,
          where + " leads to state " + outcome.next() + " of " + states);
      require(Double.isFinite(outcome.reward()), where + " has reward " + outcome.reward());
    }
  }

  private static void requireDistribution(double[] probabilities, String where) {
    double sum = 0;
    for (double p : probabilities) {
      require(p >= 0, where + ": probability " + p);
      sum += p;
    }
    require(Math.abs(sum - 1) < ROUNDING, where + ": probabilities sum to " + sum + ", not 1");
  }

  private static void require(boolean holds, String what) {
    if (!holds) {
      throw new IllegalArgumentException("mdp: " + what);
    }
  }

  /// S.
  public int states() {
    return outcomes.length;
  }

  /// A.
  public int actions() {
    return outcomes[0].length;
  }

  /// Expected reward of a pair.
  public double reward(int state, int action) {
    double sum = 0;
    for (Outcome outcome : outcomes[state][action]) {
      sum += outcome.probability() * outcome.reward();
    }
    return sum;
  }

  /// `E[r + discount (1 - terminated) v(next)]`, the right side of every Bellman equation.
  ///
  /// @param values `[S]`
  public double backup(int state, int action, double[] values) {
    double sum = 0;
    for (Outcome outcome : outcomes[state][action]) {
      double future = outcome.terminated() ? 0 : discount * values[outcome.next()];
      sum += outcome.probability() * (outcome.reward() + future);
    }
    return sum;
  }

  /// [#backup] of every pair, `[S][A]`.
  ///
  /// @param values `[S]`
  public double[][] backups(double[] values) {
    double[][] q = new double[states()][actions()];
    for (int s = 0; s < q.length; s++) {
      for (int a = 0; a < q[s].length; a++) {
        q[s][a] = backup(s, a, values);
      }
    }
    return q;
  }

  /// The same process with other rewards.
  public Mdp withReward(Reward reward) {
    Outcome[][][] changed = new Outcome[states()][actions()][];
    for (int s = 0; s < states(); s++) {
      for (int a = 0; a < actions(); a++) {
        int state = s;
        int action = a;
        changed[s][a] =
            Arrays.stream(outcomes[s][a])
                .map(o ->
                    new Outcome(
                        o.probability(),
                        o.next(),
                        reward.of(state, action, o.next()),
                        o.terminated()))
                .toArray(Outcome[]::new);
      }
    }
    return new Mdp(changed, initial, discount);
  }

  /// The same process with another discount.
  public Mdp withDiscount(double value) {
    return new Mdp(outcomes, initial, value);
  }

  /// A reward of a transition.
  @FunctionalInterface
  public interface Reward {
    double of(int state, int action, int next);
  }

  /// Refuses what is no policy of this process.
  ///
  /// @param policy `[S][A]`, one distribution over actions a state
  void requirePolicy(double[][] policy) {
    require(policy.length == states(), "a policy of " + policy.length + " states for " + states());
    IntStream.range(0, policy.length)
        .forEach(s -> {
          require(
              policy[s].length == actions(),
              "the policy of state "
                  + s
                  + " has "
                  + policy[s].length
                  + " actions for "
                  + actions());
          requireDistribution(policy[s], "the policy of state " + s);
        });
  }
}
