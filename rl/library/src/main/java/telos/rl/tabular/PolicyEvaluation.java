package telos.rl.tabular;

import telos.rl.tabular.Mdp.Outcome;

/// What a policy is worth in an [Mdp], exactly: by linear equations, not by sweeps.
///
/// A policy is `[S][A]`, one distribution over actions a state. Without discount it must come to an
/// end from every state.
public final class PolicyEvaluation {
  private PolicyEvaluation() {}

  /// V of the policy, `[S]`: the solution of `V = r_pi + P_pi V`.
  public static double[] values(Mdp mdp, double[][] policy) {
    mdp.requirePolicy(policy);
    double[] rewards = new double[mdp.states()];
    for (int s = 0; s < rewards.length; s++) {
      for (int a = 0; a < mdp.actions(); a++) {
        rewards[s] += policy[s][a] * mdp.reward(s, a);
      }
    }
    return LinearSystem.solve(identityMinus(transition(mdp, policy)), rewards);
  }

  /// Q of the policy, `[S][A]`.
  public static double[][] actionValues(Mdp mdp, double[][] policy) {
    return mdp.backups(values(mdp, policy));
  }

  /// Expected (discounted) return from the first state on.
  public static double expectedReturn(Mdp mdp, double[][] policy) {
    return Planning.dot(mdp.initial(), values(mdp, policy));
  }

  /// The occupancy measure `[S][A]`: how often each pair occurs in an episode, the occurrence at
  /// time t counted `discount^t` times; the solution of `d = initial + P_pi^T d`, times the policy.
  /// Without termination it sums to `1 / (1 - discount)`, and the expected return is its product
  /// with the rewards.
  public static double[][] occupancy(Mdp mdp, double[][] policy) {
    mdp.requirePolicy(policy);
    double[] visits =
        LinearSystem.solve(
            identityMinus(transposed(transition(mdp, policy))), mdp.initial().clone());
    double[][] occupancy = new double[mdp.states()][mdp.actions()];
    for (int s = 0; s < occupancy.length; s++) {
      for (int a = 0; a < occupancy[s].length; a++) {
        occupancy[s][a] = visits[s] * policy[s][a];
      }
    }
    return occupancy;
  }

  /// The gradient `[S][A]` of the expected return by the logits of a softmax policy (the policy
  /// gradient theorem, Sutton et al. 2000): `d(s) pi(a | s) (Q(s, a) - V(s))`, d the discounted
  /// visits of states.
  public static double[][] gradient(Mdp mdp, double[][] policy) {
    double[][] gradient = occupancy(mdp, policy);
    double[] values = values(mdp, policy);
    double[][] q = mdp.backups(values);
    for (int s = 0; s < gradient.length; s++) {
      for (int a = 0; a < gradient[s].length; a++) {
        gradient[s][a] *= q[s][a] - values[s];
      }
    }
    return gradient;
  }

  /// The policy whose occupancy measure this is; uniform where a state does not occur.
  public static double[][] policyOf(double[][] occupancy) {
    double[][] policy = new double[occupancy.length][];
    for (int s = 0; s < policy.length; s++) {
      int actions = occupancy[s].length;
      double visits = 0;
      for (double weight : occupancy[s]) {
        visits += weight;
      }
      policy[s] = new double[actions];
      for (int a = 0; a < actions; a++) {
        policy[s][a] = visits > 0 ? occupancy[s][a] / visits : 1.0 / actions;
      }
    }
    return policy;
  }

  /// `discount P_pi`, `[S][S]`, without what terminates.
  private static double[][] transition(Mdp mdp, double[][] policy) {
    double[][] transition = new double[mdp.states()][mdp.states()];
    for (int s = 0; s < transition.length; s++) {
      for (int a = 0; a < mdp.actions(); a++) {
        for (Outcome outcome : mdp.outcomes()[s][a]) {
          if (!outcome.terminated()) {
            transition[s][outcome.next()] += policy[s][a] * outcome.probability() * mdp.discount();
          }
        }
      }
    }
    return transition;
  }

  private static double[][] transposed(double[][] matrix) {
    double[][] result = new double[matrix.length][matrix.length];
    for (int i = 0; i < matrix.length; i++) {
      for (int j = 0; j < matrix.length; j++) {
        result[j][i] = matrix[i][j];
      }
    }
    return result;
  }

  private static double[][] identityMinus(double[][] matrix) {
    for (int i = 0; i < matrix.length; i++) {
      for (int j = 0; j < matrix.length; j++) {
        matrix[i][j] = (i == j ? 1 : 0) - matrix[i][j];
      }
    }
    return matrix;
  }
}
