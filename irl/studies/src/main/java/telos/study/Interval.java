package telos.study;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.apache.commons.statistics.distribution.TDistribution;

/// An estimate and its confidence interval.
///
/// Over *seeds* the interval is Student's: with 3 or 5 seeds a percentile bootstrap covers the true
/// mean in only 74 or 84 % of cases where 95 are promised. The bootstrap is for test items, of
/// which there are hundreds.
///
/// @param estimate the point estimate
/// @param low the lower end, `-Infinity` when the data do not bound it
/// @param high the upper end, `Infinity` when the data do not bound it
/// @param level the confidence level, e.g. 0.95
/// @param count how many independent values (seeds, items) it rests on
public record Interval(double estimate, double low, double high, double level, int count) {

  /// The level of every verdict.
  public static final double LEVEL = 0.95;

  /// Resamples of a bootstrap.
  public static final int RESAMPLES = 2000;

  /// Student's t interval of the mean: `mean ± t(n-1) s / √n`. One value gives an unbounded
  /// interval.
  public static Interval student(double... values) {
    int n = values.length;
    double mean = mean(values);
    double half =
        n < 2 ? Double.POSITIVE_INFINITY : quantile(n) * Math.sqrt(covariance(values, values) / n);
    return new Interval(mean, mean - half, mean + half, LEVEL, n);
  }

  /// The t interval of the mean of `first[i] - second[i]`; index i is the seed both share.
  public static Interval difference(double[] first, double[] second) {
    requireSameLength(first, second);
    return student(
        IntStream.range(0, first.length).mapToDouble(i -> first[i] - second[i]).toArray());
  }

  /// Fieller's interval of `mean(first) / mean(second)`, paired by seed: all r for which the mean
  /// of `first - r second` is not significantly different from zero, i.e. the roots of `(ȳ² - t²
  /// v_yy) r² - 2 (x̄ȳ - t² v_xy) r + (x̄² - t² v_xx) = 0` with `v = cov / n`. When the denominator
  /// itself is not significantly different from zero, the interval is unbounded.
  public static Interval ratio(double[] first, double[] second) {
    requireSameLength(first, second);
    int n = first.length;
    double x = mean(first);
    double y = mean(second);
    double t2 = n < 2 ? Double.POSITIVE_INFINITY : quantile(n) * quantile(n) / n;
    double a = y * y - t2 * covariance(second, second);
    if (n < 2 || !(a > 0)) {
      return new Interval(x / y, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY, LEVEL, n);
    }
    double b = x * y - t2 * covariance(first, second);
    double c = x * x - t2 * covariance(first, first);
    double root = Math.sqrt(Math.max(0, b * b - a * c));
    return new Interval(x / y, (b - root) / a, (b + root) / a, LEVEL, n);
  }

  /// Percentile bootstrap of the mean over test items.
  public static Interval bootstrap(double[] items, long seed) {
    return bootstrap(
        items.length,
        seed,
        index -> Arrays.stream(index).mapToDouble(i -> items[i]).sum() / items.length);
  }

  /// Percentile bootstrap of any statistic of test items, e.g. an AUC: `statistic` receives the
  /// indices of a resample of `items` items, drawn with replacement; the estimate is its value on
  /// 0, 1, ..., items-1. The seed fixes the resamples.
  public static Interval bootstrap(int items, long seed, ToDoubleFunction<int[]> statistic) {
    if (items < 1) {
      throw new IllegalArgumentException("A bootstrap needs at least one test item");
    }
    var random = new SplittableRandom(seed);
    double[] replicates =
        IntStream.range(0, RESAMPLES)
            .mapToDouble(r -> statistic.applyAsDouble(random.ints(items, 0, items).toArray()))
            .toArray();
    double estimate = statistic.applyAsDouble(IntStream.range(0, items).toArray());
    return percentile(estimate, replicates, items);
  }

  /// The percentile interval of a bootstrap.
  ///
  /// @param replicates the statistic's values on the resamples
  /// @param count how many independent values were resampled
  public static Interval percentile(double estimate, double[] replicates, int count) {
    double[] sorted = Arrays.stream(replicates).sorted().toArray();
    double tail = (1 - LEVEL) / 2;
    return new Interval(
        estimate, percentile(sorted, tail), percentile(sorted, 1 - tail), LEVEL, count);
  }

  /// Nothing measured.
  public static Interval unknown() {
    return new Interval(Double.NaN, Double.NaN, Double.NaN, LEVEL, 0);
  }

  private static double quantile(int n) {
    return TDistribution.of(n - 1).inverseCumulativeProbability(1 - (1 - LEVEL) / 2);
  }

  private static double mean(double[] values) {
    return values.length == 0 ? Double.NaN : Arrays.stream(values).sum() / values.length;
  }

  /// The unbiased sample covariance; exactly 0 for a constant series.
  private static double covariance(double[] x, double[] y) {
    double mx = mean(x);
    double my = mean(y);
    double sum = IntStream.range(0, x.length).mapToDouble(i -> (x[i] - mx) * (y[i] - my)).sum();
    return sum / (x.length - 1);
  }

  /// Linear interpolation between order statistics (the rule of NumPy and R type 7).
  private static double percentile(double[] sorted, double p) {
    double position = p * (sorted.length - 1);
    int below = (int) position;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
  }

  private static void requireSameLength(double[] first, double[] second) {
    if (first.length != second.length) {
      throw new IllegalArgumentException(
          "Paired values need the same seeds: "
              + first.length
              + " against "
              + second.length
              + " values");
    }
  }
}
