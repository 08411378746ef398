package telos.study;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What one seed measured in one stage.
///
/// @param values one number per arm and metric
/// @param arrays numbers kept under a name, e.g. one score per test item
public record StageResult(long seed, Map<Series, Double> values, Map<String, double[]> arrays) {

  /// The value measured for an arm's metric.
  ///
  /// @throws IllegalArgumentException when this stage did not measure it
  public double value(String arm, String metric) {
    Double value = values.get(Series.of(arm, metric));
    if (value == null) {
      throw new IllegalArgumentException(
          "Seed %d measured no '%s' of '%s'; it has %s"
              .formatted(seed, metric, arm, values.keySet()));
    }
    return value;
  }

  /// The numbers kept under a name.
  ///
  /// @throws IllegalArgumentException when this stage kept nothing under it
  public double[] array(String name) {
    double[] array = arrays.get(name);
    if (array == null) {
      throw new IllegalArgumentException(
          "Seed %d kept no '%s'; it has %s".formatted(seed, name, arrays.keySet()));
    }
    return array.clone();
  }

  Map<String, @Nullable Object> json() {
    var list = new ArrayList<Map<String, Object>>();
    values.forEach((series, value) ->
        list.add(Map.of("arm", series.arm(), "metric", series.metric(), "value", value)));
    var json = new LinkedHashMap<String, @Nullable Object>();
    json.put("seed", seed);
    json.put("values", list);
    json.put("arrays", arrays);
    return json;
  }

  static StageResult of(Map<String, @Nullable Object> json) {
    var values = new LinkedHashMap<Series, Double>();
    for (Map<?, ?> entry : Json.objects(json.get("values"))) {
      values.put(
          Series.of(Json.text(entry, "arm"), Json.text(entry, "metric")),
          Json.number(entry, "value"));
    }
    var arrays = new LinkedHashMap<String, double[]>();
    Json.object(json.get("arrays"))
        .forEach((name, list) -> arrays.put(String.valueOf(name), Json.doubles(list)));
    return new StageResult((long) Json.number(json, "seed"), values, arrays);
  }
}
