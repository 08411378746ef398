package telos.study;

/// A falsifiable statement with a threshold fixed before the run. A compound statement is split
/// into several claims.
///
/// @param name short and stable, e.g. `"2b"`
/// @param statement the sentence, e.g. "The extracted reward ranks unseen texts as the hidden one
///   does"
/// @param estimand what is measured
/// @param criterion the threshold
public record Claim(String name, String statement, Estimand estimand, Criterion criterion) {

  /// Judges the claim by the measurements alone.
  public Outcome judge(Measurements measurements) {
    Interval interval = measurements.interval(estimand);
    String missing = shortfall(interval);
    return missing.isEmpty()
        ? new Outcome(this, interval, criterion.judge(interval), "")
        : new Outcome(this, interval, Verdict.UNDECIDED, missing);
  }

  /// Why this interval cannot decide anything; empty when it can.
  private String shortfall(Interval interval) {
    if (interval.count() == 0) {
      return "not measured in this run";
    }
    if (Double.isNaN(interval.estimate())
        || Double.isNaN(interval.low())
        || Double.isNaN(interval.high())) {
      return "a measured value is not a number";
    }
    if (interval.count() == 1) {
      return "a single seed gives no interval; run at least two";
    }
    boolean unbounded = Double.isInfinite(interval.low()) || Double.isInfinite(interval.high());
    return unbounded ? "the denominator is not significantly different from zero" : "";
  }
}
