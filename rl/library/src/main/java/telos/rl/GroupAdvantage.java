package telos.rl;

/// Baselines from the other samples of the same prompt. A group is a row, so that a shuffled batch
/// cannot mix groups.
public final class GroupAdvantage {
  private GroupAdvantage() {}

  /// Leave-one-out (Kool et al. 2019; RLOO, Ahmadian et al. 2024): `A_i = R_i - mean of the
  /// others`.
  ///
  /// @param rewards `[prompts][samples]`, at least two samples each
  public static double[][] leaveOneOut(double[][] rewards) {
    double[][] advantages = new double[rewards.length][];
    for (int g = 0; g < rewards.length; g++) {
      double[] group = rewards[g];
      if (group.length < 2) {
        throw new IllegalArgumentException(
            "leave-one-out needs at least 2 samples a prompt, group " + g + " has " + group.length);
      }
      double sum = 0;
      for (double reward : group) {
        sum += reward;
      }
      advantages[g] = new double[group.length];
      for (int i = 0; i < group.length; i++) {
        advantages[g][i] = group[i] - (sum - group[i]) / (group.length - 1);
      }
    }
    return advantages;
  }
}
