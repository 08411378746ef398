package telos.rl;

/// From rewards to returns and advantages, on one trajectory of plain numbers.
///
/// `discounts[t] = gamma (1 - terminated[t])` belongs to the transition from `t` to `t + 1`: a
/// terminated episode has no future, a truncated one bootstraps from the value of its last
/// observation.
public final class Returns {
  private Returns() {}

  /// Advantages and the value targets `advantage + value`.
  public record Advantages(double[] advantages, double[] targets) {}

  /// `G_t = r_t + discount_t G_{t+1}`, with `bootstrap` for the state after the last.
  public static double[] discounted(double[] rewards, double[] discounts, double bootstrap) {
    requireEqual(rewards.length, discounts.length, "discounts");
    double[] returns = new double[rewards.length];
    double next = bootstrap;
    for (int t = rewards.length - 1; t >= 0; t--) {
      next = rewards[t] + discounts[t] * next;
      returns[t] = next;
    }
    return returns;
  }

  /// Generalised advantage estimation (Schulman et al. 2016, eq. 16): `delta_t = r_t + discount_t
  /// V_{t+1} - V_t`, `A_t = delta_t + discount_t lambda A_{t+1}`.
  ///
  /// @param values `V_0 .. V_{T-1}` as they were at rollout time
  /// @param bootstrap `V_T`
  public static Advantages gae(
      double[] rewards, double[] values, double[] discounts, double bootstrap, double lambda) {
    requireEqual(rewards.length, values.length, "values");
    requireEqual(rewards.length, discounts.length, "discounts");
    double[] advantages = new double[rewards.length];
    double[] targets = new double[rewards.length];
    double next = bootstrap;
    double advantage = 0;
    for (int t = rewards.length - 1; t >= 0; t--) {
      double delta = rewards[t] + discounts[t] * next - values[t];
      advantage = delta + discounts[t] * lambda * advantage;
      advantages[t] = advantage;
      targets[t] = advantage + values[t];
      next = values[t];
    }
    return new Advantages(advantages, targets);
  }

  /// [#gae] of N environments side by side: element `t N + n` of every array is step t of
  /// environment n.
  ///
  /// @param values V of what was acted on, `[T N]`
  /// @param next V of what followed, `[T N]`: where an episode was truncated, of its last
  ///   observation, not of the next episode's first
  /// @param ended where an episode ended: what came after has no part in its advantages
  public static Advantages gae(
      int environments,
      double[] rewards,
      double[] values,
      double[] next,
      double[] discounts,
      boolean[] ended,
      double lambda) {
    requireEqual(rewards.length, values.length, "values");
    requireEqual(rewards.length, next.length, "values of what followed");
    requireEqual(rewards.length, discounts.length, "discounts");
    requireEqual(rewards.length, ended.length, "ends");
    double[] advantages = new double[rewards.length];
    double[] targets = new double[rewards.length];
    for (int i = rewards.length - 1; i >= 0; i--) {
      boolean last = ended[i] || i + environments >= rewards.length;
      double after = last ? 0 : advantages[i + environments];
      double delta = rewards[i] + discounts[i] * next[i] - values[i];
      advantages[i] = delta + discounts[i] * lambda * after;
      targets[i] = advantages[i] + values[i];
    }
    return new Advantages(advantages, targets);
  }

  private static void requireEqual(int expected, int got, String what) {
    if (expected != got) {
      throw new IllegalArgumentException(expected + " rewards but " + got + " " + what);
    }
  }
}
