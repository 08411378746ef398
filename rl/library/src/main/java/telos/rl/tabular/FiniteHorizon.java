package telos.rl.tabular;

import java.util.Arrays;
import java.util.List;
import telos.rl.tabular.Mdp.Outcome;

/// An [Mdp] that is left after a fixed number of steps. Values and policies depend on the time;
/// nothing follows the last step, and the discount applies as ever (1 for the plain sum).
public final class FiniteHorizon {
  private FiniteHorizon() {}

  /// Values, action values and policies, one a time step.
  ///
  /// @param steps element `t` is for time `t`; there are as many as the horizon
  public record Schedule(List<Planning.Solution> steps) {
    public Schedule {
      steps = List.copyOf(steps);
    }

    /// Expected return from the first state on.
    public double expectedReturn(Mdp mdp) {
      return steps.getFirst().expectedReturn(mdp);
    }

    /// The policies `[T][S][A]`.
    public double[][][] policies() {
      return steps.stream().map(Planning.Solution::policy).toArray(double[][][]::new);
    }
  }

  /// Backward induction: the best action at each time and state.
  public static Schedule optimal(Mdp mdp, int horizon) {
    return backward(
        horizon,
        mdp,
        next -> {
          double[][] q = mdp.backups(next);
          return new Planning.Solution(
              Arrays.stream(q).mapToDouble(Planning::max).toArray(), q, Planning.greedy(q));
        });
  }

  /// Backward induction of the soft values, see [Planning#softValueIteration].
  public static Schedule soft(Mdp mdp, int horizon, double temperature) {
    Planning.requireTemperature(temperature);
    return backward(horizon, mdp, next -> Planning.soft(mdp, next, temperature));
  }

  private interface Step {
    Planning.Solution before(double[] next);
  }

  private static Schedule backward(int horizon, Mdp mdp, Step step) {
    if (horizon < 1) {
      throw new IllegalArgumentException("finite horizon: needs a step at least, not " + horizon);
    }
    Planning.Solution[] steps = new Planning.Solution[horizon];
    double[] next = new double[mdp.states()];
    for (int t = horizon - 1; t >= 0; t--) {
      steps[t] = step.before(next);
      next = steps[t].values();
    }
    return new Schedule(List.of(steps));
  }

  /// Values `[T][S]` of policies that depend on time.
  ///
  /// @param policies `[T][S][A]`
  public static double[][] values(Mdp mdp, double[][][] policies) {
    double[][] values = new double[policies.length][];
    double[] next = new double[mdp.states()];
    for (int t = policies.length - 1; t >= 0; t--) {
      mdp.requirePolicy(policies[t]);
      double[][] q = mdp.backups(next);
      double[][] policy = policies[t];
      values[t] = new double[q.length];
      Arrays.setAll(values[t], s -> Planning.dot(policy[s], q[s]));
      next = values[t];
    }
    return values;
  }

  /// The occupancy measures `[T][S][A]`: the probability of each pair at each time, times
  /// `discount^t`.
  ///
  /// @param policies `[T][S][A]`
  public static double[][][] occupancy(Mdp mdp, double[][][] policies) {
    double[][][] occupancy = new double[policies.length][mdp.states()][mdp.actions()];
    double[] visits = mdp.initial().clone();
    for (int t = 0; t < policies.length; t++) {
      mdp.requirePolicy(policies[t]);
      double[] next = new double[visits.length];
      for (int s = 0; s < visits.length; s++) {
        for (int a = 0; a < mdp.actions(); a++) {
          double weight = visits[s] * policies[t][s][a];
          occupancy[t][s][a] = weight;
          spread(mdp, mdp.outcomes()[s][a], weight, next);
        }
      }
      visits = next;
    }
    return occupancy;
  }

  private static void spread(Mdp mdp, Outcome[] outcomes, double weight, double[] next) {
    for (Outcome outcome : outcomes) {
      if (!outcome.terminated()) {
        next[outcome.next()] += weight * outcome.probability() * mdp.discount();
      }
    }
  }
}
