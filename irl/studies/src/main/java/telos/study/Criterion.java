package telos.study;

/// The threshold of a claim, fixed before the run.
public sealed interface Criterion {

  /// At least `threshold`.
  record AtLeast(double threshold) implements Criterion {}

  /// At most `threshold`.
  record AtMost(double threshold) implements Criterion {}

  /// Equivalence: between `low` and `high`, both included.
  record Within(double low, double high) implements Criterion {
    public Within {
      if (!(low <= high)) {
        throw new IllegalArgumentException(
            "An equivalence band needs low <= high: " + low + ", " + high);
      }
    }
  }

  /// At least `threshold`.
  static Criterion atLeast(double threshold) {
    return new AtLeast(threshold);
  }

  /// At most `threshold`.
  static Criterion atMost(double threshold) {
    return new AtMost(threshold);
  }

  /// Between `low` and `high`.
  static Criterion within(double low, double high) {
    return new Within(low, high);
  }

  /// The verdict of an interval. A band is reached when it contains the whole interval, not reached
  /// when they are disjoint. Comparisons with NaN are false, so an unknown interval is undecided.
  default Verdict judge(Interval interval) {
    double low = interval.low();
    double high = interval.high();
    return switch (this) {
      case AtLeast(double t) -> verdict(low >= t, high < t);
      case AtMost(double t) -> verdict(high <= t, low > t);
      case Within(double a, double b) -> verdict(low >= a && high <= b, high < a || low > b);
    };
  }

  private static Verdict verdict(boolean right, boolean wrong) {
    return right ? Verdict.REACHED : wrong ? Verdict.NOT_REACHED : Verdict.UNDECIDED;
  }

  /// The words in reports, e.g. `≥ 0.85`.
  default String text() {
    return switch (this) {
      case AtLeast(double t) -> "≥ " + number(t);
      case AtMost(double t) -> "≤ " + number(t);
      case Within(double a, double b) -> "in [" + number(a) + ", " + number(b) + "]";
    };
  }

  private static String number(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e9
        ? Long.toString((long) value)
        : Double.toString(value);
  }
}
