package telos.rl.tabular;

import java.util.Arrays;

/// Optimal policies of an [Mdp] by dynamic programming.
public final class Planning {
  private Planning() {}

  /// Sweeps after which an iteration that does not converge gives up.
  private static final int SWEEPS = 1_000_000;

  /// How much better an action must be for policy iteration to change to it: without a margin,
  /// rounding could make it alternate between equals for ever.
  private static final double IMPROVEMENT = 1e-10;

  /// Values and the policy that attains them.
  ///
  /// @param values V, `[S]`
  /// @param actionValues Q, `[S][A]`
  /// @param policy `[S][A]`, one distribution over actions a state
  @SuppressWarnings("ArrayRecordComponent") // compared by identity
  public record Solution(double[] values, double[][] actionValues, double[][] policy) {
    /// Expected return from the first state on.
    public double expectedReturn(Mdp mdp) {
      return dot(mdp.initial(), values);
    }
  }

  /// Value iteration (Bellman 1957): `V(s) = max_a E[r + discount V(s')]`, swept until the largest
  /// change shows that no value is further than `tolerance` from the optimum.
  ///
  /// @throws ArithmeticException where the values do not settle, as without discount on a process
  ///   that need not end
  public static Solution valueIteration(Mdp mdp, double tolerance) {
    double[] values = iterate(mdp, tolerance, Planning::max);
    double[][] q = mdp.backups(values);
    return new Solution(values, q, greedy(q));
  }

  /// Soft value iteration (Ziebart 2010, section 5.2; Haarnoja et al. 2017, theorem 2): the policy
  /// that maximises return plus `temperature` times its entropy. `V(s) = tau log sum_a exp(Q(s, a)
  /// / tau)`, `pi(a | s) = exp((Q(s, a) - V(s)) / tau)`.
  ///
  /// @param temperature tau, positive; towards zero it becomes [#valueIteration]
  public static Solution softValueIteration(Mdp mdp, double temperature, double tolerance) {
    requireTemperature(temperature);
    double[] values = iterate(mdp, tolerance, row -> softMax(row, temperature));
    return soft(mdp, values, temperature);
  }

  static Solution soft(Mdp mdp, double[] values, double temperature) {
    double[][] q = mdp.backups(values);
    return new Solution(
        Arrays.stream(q).mapToDouble(row -> softMax(row, temperature)).toArray(),
        q,
        Arrays.stream(q).map(row -> boltzmann(row, temperature)).toArray(double[][]::new));
  }

  /// Policy iteration (Howard 1960): exact evaluation and greedy improvement in turn, until nothing
  /// improves. Exact up to rounding, in finitely many steps.
  public static Solution policyIteration(Mdp mdp) {
    double[][] policy = new double[mdp.states()][mdp.actions()];
    for (double[] row : policy) {
      row[0] = 1;
    }
    while (true) {
      double[] values = PolicyEvaluation.values(mdp, policy);
      double[][] q = mdp.backups(values);
      if (!improve(policy, q)) {
        return new Solution(values, q, policy);
      }
    }
  }

  private static boolean improve(double[][] policy, double[][] q) {
    boolean changed = false;
    for (int s = 0; s < q.length; s++) {
      int best = argMax(q[s]);
      int now = argMax(policy[s]);
      if (q[s][best] > q[s][now] + IMPROVEMENT * (1 + Math.abs(q[s][now]))) {
        policy[s][now] = 0;
        policy[s][best] = 1;
        changed = true;
      }
    }
    return changed;
  }

  /// How a state's value follows from the values of its actions.
  private interface Choice {
    double of(double[] actionValues);
  }

  private static double[] iterate(Mdp mdp, double tolerance, Choice choice) {
    if (!(tolerance > 0)) {
      throw new IllegalArgumentException("planning: tolerance " + tolerance + " is not positive");
    }
    double discount = mdp.discount();
    // The distance to the fixed point is at most change * discount / (1 - discount).
    double enough = discount < 1 ? tolerance * (1 - discount) : tolerance;
    double[] values = new double[mdp.states()];
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
      double[] next = Arrays.stream(mdp.backups(values)).mapToDouble(choice::of).toArray();
      double change = 0;
      for (int s = 0; s < next.length; s++) {
        change = Math.max(change, Math.abs(next[s] - values[s]));
      }
      values = next;
      if (change <= enough) {
        return values;
      }
    }
    throw new ArithmeticException(
        "planning: values have not settled after "
            + SWEEPS
            + " sweeps; without discount every policy must come to an end");
  }

  /// One on the best action of each row, the first among equals.
  static double[][] greedy(double[][] q) {
    double[][] policy = new double[q.length][];
    for (int s = 0; s < q.length; s++) {
      policy[s] = new double[q[s].length];
      policy[s][argMax(q[s])] = 1;
    }
    return policy;
  }

  static double max(double[] row) {
    return row[argMax(row)];
  }

  static int argMax(double[] row) {
    int best = 0;
    for (int a = 1; a < row.length; a++) {
      if (row[a] > row[best]) {
        best = a;
      }
    }
    return best;
  }

  /// `tau log sum exp(x / tau)`.
  static double softMax(double[] row, double temperature) {
    double max = max(row);
    double sum = 0;
    for (double x : row) {
      sum += StrictMath.exp((x - max) / temperature);
    }
    return max + temperature * StrictMath.log(sum);
  }

  private static double[] boltzmann(double[] row, double temperature) {
    double value = softMax(row, temperature);
    return Arrays.stream(row).map(x -> StrictMath.exp((x - value) / temperature)).toArray();
  }

  static void requireTemperature(double temperature) {
    if (!(temperature > 0) || temperature == Double.POSITIVE_INFINITY) {
      throw new IllegalArgumentException(
          "planning: temperature " + temperature + " is not positive and finite");
    }
  }

  static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}
