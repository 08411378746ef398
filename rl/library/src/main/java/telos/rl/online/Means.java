package telos.rl.online;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import telos.rl.vector.VectorStep;

/// What an iteration reports: means of numbers by name.
final class Means {
  private final Map<String, double[]> sums = new LinkedHashMap<>();

  void add(String name, double value) {
    double[] sum = sums.computeIfAbsent(name, _ -> new double[2]);
    sum[0] += value;
    sum[1]++;
  }

  /// Returns and lengths of episodes that ended.
  void add(Collection<VectorStep.Finished> episodes) {
    for (VectorStep.Finished episode : episodes) {
      add("return", episode.total());
      add("length", episode.length());
    }
  }

  Map<String, Double> byName() {
    Map<String, Double> means = new LinkedHashMap<>();
    sums.forEach((name, sum) -> means.put(name, sum[0] / sum[1]));
    return means;
  }
}
