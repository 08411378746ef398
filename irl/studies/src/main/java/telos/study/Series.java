package telos.study;

/// The name of one number per seed: a metric of an arm, e.g. `Series.of("irl-asymmetric", "auc")`.
public record Series(String arm, String metric) {
  /// The metric of that arm.
  public static Series of(String arm, String metric) {
    return new Series(arm, metric);
  }

  @Override
  public String toString() {
    return arm + " " + metric;
  }
}
