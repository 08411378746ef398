package telos.study;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The content of `results.json`: claims with their verdicts, worlds, arms, every measured series.
/// The report is made of it, `run.json` and `metrics.jsonl` alone.
final class Results {
  static final String FILE = "results.json";

  private Results() {}

  static Map<String, @Nullable Object> json(
      Study.Plan plan, StudyRun run, List<Outcome> outcomes, double seconds) {
    var json = new LinkedHashMap<String, @Nullable Object>();
    json.put("claims", outcomes.stream().map(Results::claim).toList());
    json.put("worlds", plan.worlds().stream().map(Results::world).toList());
    json.put("arms", plan.arms().stream().map(Canonical::map).toList());
    json.put("series", series(run.measurements()));
    json.put("notes", run.notes());
    json.put("seconds", seconds);
    return json;
  }

  private static Map<String, @Nullable Object> claim(Outcome outcome) {
    var json = new LinkedHashMap<String, @Nullable Object>();
    Claim claim = outcome.claim();
    json.put("name", claim.name());
    json.put("statement", claim.statement());
    json.put("quantity", claim.estimand().text());
    json.put("metric", metric(claim.estimand()));
    json.put("threshold", claim.criterion().text());
    json.put("band", band(claim.criterion()));
    json.put("verdict", outcome.verdict().label());
    json.put("reason", outcome.reason());
    json.putAll(interval(outcome.interval()));
    return json;
  }

  /// The metric whose values on other arms belong beside the claim.
  private static @Nullable String metric(Estimand estimand) {
    return switch (estimand) {
      case Estimand.Mean(Series s) -> s.metric();
      case Estimand.Difference(Series a, Series _) -> a.metric();
      case Estimand.Ratio(Series a, Series _) -> a.metric();
      case Estimand.Given _ -> null;
    };
  }

  /// The values that satisfy the criterion.
  private static List<Double> band(Criterion criterion) {
    return switch (criterion) {
      case Criterion.AtLeast(double t) -> List.of(t, Double.POSITIVE_INFINITY);
      case Criterion.AtMost(double t) -> List.of(Double.NEGATIVE_INFINITY, t);
      case Criterion.Within(double low, double high) -> List.of(low, high);
    };
  }

  private static Map<String, Object> interval(Interval interval) {
    var json = new LinkedHashMap<String, Object>();
    json.put("estimate", interval.estimate());
    json.put("low", interval.low());
    json.put("high", interval.high());
    json.put("count", interval.count());
    return json;
  }

  private static Map<String, Object> world(World world) {
    var json = new LinkedHashMap<String, Object>();
    json.put("name", world.name());
    json.put("description", world.description());
    json.put("random", world.randomScore());
    json.put("best", world.bestScore());
    return json;
  }

  private static List<Map<String, Object>> series(Measurements measurements) {
    var list = new ArrayList<Map<String, Object>>();
    for (Series series : measurements.series()) {
      var json = new LinkedHashMap<String, Object>();
      json.put("arm", series.arm());
      json.put("metric", series.metric());
      json.put("seeds", measurements.values(series).keySet());
      json.put("values", measurements.values(series).values());
      json.putAll(interval(measurements.interval(series)));
      list.add(json);
    }
    return list;
  }
}
