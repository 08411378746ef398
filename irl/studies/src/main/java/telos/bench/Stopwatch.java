package telos.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.function.LongSupplier;

/// Times work after a warm-up that ends when three successive medians agree.
///
/// @param clock nanoseconds
/// @param warmSeconds the least time of the warm-up
/// @param mostWarmSeconds when the warm-up gives up on agreement
/// @param sliceSeconds how long one median is collected
/// @param measureSeconds how long the result is collected
record Stopwatch(
    LongSupplier clock,
    double warmSeconds,
    double mostWarmSeconds,
    double sliceSeconds,
    double measureSeconds) {
  private static final double AGREEMENT = 0.03;
  private static final int FEWEST = 7;
  private static final int MOST = 1_000_000;

  static Stopwatch standard() {
    return new Stopwatch(System::nanoTime, 2, 20, 0.25, 1);
  }

  /// The median time of one call, after the warm-up.
  double medianSeconds(Runnable work) {
    warm(work);
    return median(work, measureSeconds, FEWEST);
  }

  private void warm(Runnable work) {
    long start = clock.getAsLong();
    var medians = new ArrayList<Double>();
    do {
      medians.add(median(work, sliceSeconds, 3));
    } while (seconds(start) < warmSeconds
        || (!settled(medians) && seconds(start) < mostWarmSeconds));
  }

  /// Whether the last three medians lie within 3 % of each other.
  static boolean settled(ArrayList<Double> medians) {
    int n = medians.size();
    if (n < 3) {
      return false;
    }
    double[] last = medians.subList(n - 3, n).stream().mapToDouble(v -> v).sorted().toArray();
    return last[2] <= last[0] * (1 + AGREEMENT);
  }

  private double median(Runnable work, double budget, int fewest) {
    double[] times = new double[64];
    int count = 0;
    long start = clock.getAsLong();
    while (count < MOST && (count < fewest || seconds(start) < budget)) {
      long before = clock.getAsLong();
      work.run();
      times = count == times.length ? Arrays.copyOf(times, 2 * count) : times;
      times[count++] = (clock.getAsLong() - before) / 1e9;
    }
    Arrays.sort(times, 0, count);
    return (times[(count - 1) / 2] + times[count / 2]) / 2;
  }

  private double seconds(long since) {
    return (clock.getAsLong() - since) / 1e9;
  }
}
