package telos.agent;

import java.util.Arrays;

/// The mean of what is left when the lowest and the highest quarter are left out (Agarwal et al.
/// 2021): less moved by a failed seed than the mean, by more than the median's single value.
final class InterquartileMean {
  private InterquartileMean() {}

  /// Of `n` values the lowest and the highest `n / 4`, rounded down, are left out.
  static double of(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int cut = sorted.length / 4;
    return Arrays.stream(sorted, cut, sorted.length - cut).average().orElse(Double.NaN);
  }
}
