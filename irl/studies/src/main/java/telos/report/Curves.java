package telos.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Shapes the records of `metrics.jsonl` for plotting: one chart per stage and metric, in it one
/// line per arm and seed, and the mean over an arm's seeds.
final class Curves {
  private static final Set<String> TAGS = Set.of("step", "stage", "arm", "seed");

  private record Key(String stage, String metric) {}

  private final SequencedMap<Key, SequencedMap<String, Map<String, List<Curve.Point>>>> charts =
      new LinkedHashMap<>();

  Curves(List<Map<String, @Nullable Object>> records) {
    records.forEach(this::add);
  }

  private void add(Map<String, @Nullable Object> record) {
    if (!(record.get("step") instanceof Number step)) {
      return;
    }
    String stage = tag(record, "stage");
    String arm = tag(record, "arm");
    String seed = tag(record, "seed");
    record.forEach((metric, value) -> {
      Double number = TAGS.contains(metric) ? null : number(value);
      if (number != null) {
        charts
            .computeIfAbsent(new Key(stage, metric), _ -> new LinkedHashMap<>())
            .computeIfAbsent(arm, _ -> new TreeMap<>(Curves::bySeed))
            .computeIfAbsent(seed, _ -> new ArrayList<>())
            .add(new Curve.Point(step.doubleValue(), number));
      }
    });
  }

  private static String tag(Map<String, @Nullable Object> record, String name) {
    Object value = record.get(name);
    return value == null ? "" : value.toString();
  }

  /// Numbers, and the strings that stand for NaN and infinities.
  private static @Nullable Double number(@Nullable Object value) {
    return switch (value) {
      case Number n -> n.doubleValue();
      case String s when Set.of("NaN", "Infinity", "-Infinity").contains(s) -> Double.valueOf(s);
      case null, default -> null;
    };
  }

  private static int bySeed(String a, String b) {
    return a.length() != b.length() ? Integer.compare(a.length(), b.length()) : a.compareTo(b);
  }

  boolean isEmpty() {
    return charts.isEmpty();
  }

  /// The charts as data for `report.js`: `[{stage, metric, arms: [{name, lines: [{label, x,
  /// y}]}]}]`.
  List<Map<String, Object>> json() {
    var list = new ArrayList<Map<String, Object>>();
    charts.forEach((key, arms) -> {
      var data = new ArrayList<Map<String, Object>>();
      arms.forEach((name, seeds) -> data.add(Map.of("name", name, "lines", lines(seeds))));
      list.add(Map.of("stage", key.stage(), "metric", key.metric(), "arms", data));
    });
    return list;
  }

  private static List<Map<String, Object>> lines(Map<String, List<Curve.Point>> seeds) {
    var curves = new ArrayList<Curve>();
    if (seeds.size() > 1) {
      curves.add(mean(seeds.values()));
    }
    seeds.forEach((seed, points) -> curves.add(new Curve(seed, sorted(points))));
    return curves.stream().map(Curve::thinned).map(Curves::line).toList();
  }

  private static List<Curve.Point> sorted(List<Curve.Point> points) {
    return points.stream().sorted(java.util.Comparator.comparingDouble(Curve.Point::step)).toList();
  }

  /// The mean over seeds at the steps that all of them logged.
  private static Curve mean(Iterable<List<Curve.Point>> seeds) {
    var sums = new TreeMap<Double, double[]>();
    int count = 0;
    for (List<Curve.Point> points : seeds) {
      count++;
      for (Curve.Point point : points) {
        double[] sum = sums.computeIfAbsent(point.step(), _ -> new double[2]);
        sum[0] += point.value();
        sum[1]++;
      }
    }
    var mean = new ArrayList<Curve.Point>();
    for (var entry : sums.entrySet()) {
      double[] sum = entry.getValue();
      if (sum[1] == count) {
        mean.add(new Curve.Point(entry.getKey(), sum[0] / count));
      }
    }
    return new Curve("mean", mean);
  }

  private static Map<String, Object> line(Curve curve) {
    var y = new ArrayList<@Nullable Double>();
    for (Curve.Point point : curve.points()) {
      y.add(point.isGap() ? null : point.value());
    }
    return Map.of(
        "label",
        curve.label(),
        "x",
        curve.points().stream().map(Curve.Point::step).toList(),
        "y",
        y);
  }
}
