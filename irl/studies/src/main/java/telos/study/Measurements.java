package telos.study;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/// The numbers a study has measured: one per arm, metric and seed. Safe for use by several threads.
public final class Measurements {
  private final Map<Series, SortedMap<Long, Double>> values = new LinkedHashMap<>();
  private final Map<String, Interval> given = new LinkedHashMap<>();

  /// Starts with none.
  public Measurements() {}

  /// Files a value; the last one for a series and seed counts.
  public synchronized void put(Series series, long seed, double value) {
    values.computeIfAbsent(series, _ -> new TreeMap<>()).put(seed, value);
  }

  /// Files an interval under the name of an [Estimand.Given].
  public synchronized void put(String name, Interval interval) {
    given.put(name, interval);
  }

  /// The values of a series by seed; empty when there are none.
  public synchronized SortedMap<Long, Double> values(Series series) {
    return new TreeMap<>(values.getOrDefault(series, new TreeMap<>()));
  }

  /// All series in the order of their first value.
  public synchronized Set<Series> series() {
    return new java.util.LinkedHashSet<>(values.keySet());
  }

  /// The interval of a series' mean over seeds.
  public Interval interval(Series series) {
    return interval(new Estimand.Mean(series));
  }

  /// The estimand's estimate and interval; [Interval#unknown] when nothing was measured. Pairs use
  /// the seeds that both series have.
  public Interval interval(Estimand estimand) {
    return switch (estimand) {
      case Estimand.Mean(Series s) -> student(doubles(values(s)));
      case Estimand.Difference(Series a, Series b) -> paired(a, b, Interval::difference);
      case Estimand.Ratio(Series a, Series b) -> paired(a, b, Interval::ratio);
      case Estimand.Given(String name) -> named(name);
    };
  }

  private synchronized Interval named(String name) {
    return given.getOrDefault(name, Interval.unknown());
  }

  private interface Paired {
    Interval of(double[] first, double[] second);
  }

  private Interval paired(Series a, Series b, Paired statistic) {
    SortedMap<Long, Double> first = values(a);
    SortedMap<Long, Double> second = values(b);
    var shared = new TreeSet<>(first.keySet());
    shared.retainAll(second.keySet());
    first.keySet().retainAll(shared);
    second.keySet().retainAll(shared);
    return shared.isEmpty() ? Interval.unknown() : statistic.of(doubles(first), doubles(second));
  }

  private static Interval student(double[] values) {
    return values.length == 0 ? Interval.unknown() : Interval.student(values);
  }

  private static double[] doubles(SortedMap<Long, Double> bySeed) {
    return bySeed.values().stream().mapToDouble(v -> v).toArray();
  }
}
