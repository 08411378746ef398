package telos.bench;

import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.function.LongSupplier;

/// Times work after a warm-up that ends when three successive medians agree and the JIT has little
/// left to do: while it compiles it takes a processor from the work, and what it has not come to
/// yet runs many times slower, at times steadily enough for three medians to agree.
///
/// @param clock nanoseconds
/// @param compiling nanoseconds that the JIT's threads have compiled so far
/// @param warmSeconds the least time of the warm-up
/// @param mostWarmSeconds when the warm-up gives up on agreement
/// @param sliceSeconds how long one median is collected
/// @param measureSeconds how long the result is collected
record Stopwatch(
    LongSupplier clock,
    LongSupplier compiling,
    double warmSeconds,
    double mostWarmSeconds,
    double sliceSeconds,
    double measureSeconds) {
  private static final double AGREEMENT = 0.03;

  /// Slices in which medians agree and the JIT is quiet: one may lie within a single compilation,
  /// which counts when it ends.
  private static final int AGREEING = 3;

  /// The share of a slice of the warm-up that the JIT may take in the end.
  private static final double COMPILING = 0.05;

  private static final int FEWEST = 7;

  /// How long one work goes on before its turn ends: calls of it, at least one.
  private static final double TURN_SECONDS = 0.05;

  private static final int MOST = 1_000_000;

  static Stopwatch standard() {
    return new Stopwatch(System::nanoTime, Stopwatch::jitNanos, 2, 20, 0.25, 1);
  }

  private static long jitNanos() {
    CompilationMXBean jit = ManagementFactory.getCompilationMXBean();
    return jit != null && jit.isCompilationTimeMonitoringSupported()
        ? 1_000_000 * jit.getTotalCompilationTime()
        : 0;
  }

  /// The median time of one call, after the warm-up.
  double medianSeconds(Runnable work) {
    warm(work);
    return median(work, measureSeconds, FEWEST);
  }

  /// The time of a call of `work` over that of a call of `other`, both warm. They take turns, and
  /// what counts is the median of the ratios of neighbours: another program that takes half of a
  /// core for seconds slows both.
  double medianRatio(Runnable work, Runnable other) {
    warm(work);
    warm(other);
    return turns(work, budget -> median(other, budget, 1)).ratio();
  }

  /// Two works that took turns: the median seconds of a call of each in the middle turn, and the
  /// median of the ratios of neighbouring turns, the first over the second.
  record Turns(double seconds, double others, double ratio) {}

  /// `work`, which is warmed up, in turns with another that somebody else times.
  ///
  /// @param other from a budget of seconds to the median seconds of a call
  Turns turns(Runnable work, DoubleUnaryOperator other) {
    List<double[]> turns = new ArrayList<>();
    long start = clock.getAsLong();
    while (turns.size() < FEWEST || seconds(start) < 2 * measureSeconds) {
      double mine = median(work, TURN_SECONDS, 1);
      double others = other.applyAsDouble(TURN_SECONDS);
      turns.add(new double[] {mine, others, mine / others});
    }
    return new Turns(middle(turns, 0), middle(turns, 1), middle(turns, 2));
  }

  private static double middle(List<double[]> turns, int column) {
    double[] sorted = turns.stream().mapToDouble(turn -> turn[column]).sorted().toArray();
    return middle(sorted, sorted.length);
  }

  void warm(Runnable work) {
    long start = clock.getAsLong();
    var medians = new ArrayList<Double>();
    int quiet = 0;
    do {
      long before = clock.getAsLong();
      long compiled = compiling.getAsLong();
      medians.add(median(work, sliceSeconds, 3));
      double most = COMPILING * (clock.getAsLong() - before);
      quiet = compiling.getAsLong() - compiled <= most ? quiet + 1 : 0;
    } while (seconds(start) < warmSeconds
        || (!(quiet >= AGREEING && settled(medians)) && seconds(start) < mostWarmSeconds));
  }

  /// Whether the last three medians lie within 3 % of each other.
  static boolean settled(ArrayList<Double> medians) {
    int n = medians.size();
    if (n < AGREEING) {
      return false;
    }
    double[] last =
        medians.subList(n - AGREEING, n).stream().mapToDouble(v -> v).sorted().toArray();
    return last[AGREEING - 1] <= last[0] * (1 + AGREEMENT);
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
    return middle(times, count);
  }

  private static double middle(double[] sorted, int count) {
    return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
  }

  private double seconds(long since) {
    return (clock.getAsLong() - since) / 1e9;
  }
}
