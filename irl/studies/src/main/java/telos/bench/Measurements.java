package telos.bench;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/// What one run has measured: seconds of one call, by row. Ratios only ever compare figures of the
/// same run, because a machine's clock and neighbours change from hour to hour.
public final class Measurements {
  private final Map<String, Benchmark> rows;
  private final ToDoubleFunction<Benchmark> clock;
  private final Map<String, List<Double>> seconds = new HashMap<>();

  /// Nothing measured yet.
  public Measurements(List<Benchmark> rows) {
    this(rows, Benchmark::seconds);
  }

  /// @param clock the seconds of one call
  Measurements(List<Benchmark> rows, ToDoubleFunction<Benchmark> clock) {
    this.rows = rows.stream().collect(Collectors.toMap(Benchmark::name, row -> row));
    this.clock = clock;
  }

  /// The seconds of one call: the median of all measurements, at least one.
  public double seconds(String name) {
    List<Double> times = seconds.computeIfAbsent(name, _ -> new ArrayList<>());
    if (times.isEmpty()) {
      again(name);
    }
    return median(times);
  }

  private static double median(List<Double> times) {
    double[] sorted = times.stream().mapToDouble(time -> time).sorted().toArray();
    return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
  }

  /// Measures once more.
  void again(String name) {
    double time = clock.applyAsDouble(row(name));
    seconds.computeIfAbsent(name, _ -> new ArrayList<>()).add(time);
  }

  private Benchmark row(String name) {
    Benchmark row = rows.get(name);
    if (row == null) {
      throw new IllegalArgumentException("there is no benchmark '" + name + "'");
    }
    return row;
  }

  /// The rate of a row over that of another; measures what has not been measured.
  double ratio(String name, String yardstick) {
    return row(name).rate(seconds(name)) / row(yardstick).rate(seconds(yardstick));
  }

  /// The rate of a row over that of its yardstick, if it has one and that was measured.
  public OptionalDouble ratio(Benchmark row) {
    return seconds.containsKey(row.yardstick())
        ? OptionalDouble.of(ratio(row.name(), row.yardstick()))
        : OptionalDouble.empty();
  }
}
