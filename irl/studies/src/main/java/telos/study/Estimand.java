package telos.study;

/// The quantity a claim is about.
public sealed interface Estimand {

  /// The mean over seeds.
  record Mean(Series series) implements Estimand {}

  /// The mean over seeds of `first - second`, paired by seed.
  record Difference(Series first, Series second) implements Estimand {}

  /// The ratio of the means over seeds, `first / second`, paired by seed (Fieller).
  record Ratio(Series first, Series second) implements Estimand {}

  /// An interval the study works out itself, e.g. by bootstrap over test items; handed over with
  /// [StudyRun#interval] under this name.
  record Given(String name) implements Estimand {}

  /// The mean over seeds of an arm's metric.
  static Estimand mean(String arm, String metric) {
    return new Mean(Series.of(arm, metric));
  }

  /// The paired difference `first - second` of two arms' metric.
  static Estimand difference(String first, String second, String metric) {
    return new Difference(Series.of(first, metric), Series.of(second, metric));
  }

  /// The paired ratio `first / second` of two arms' metric.
  static Estimand ratio(String first, String second, String metric) {
    return new Ratio(Series.of(first, metric), Series.of(second, metric));
  }

  /// An interval the study works out itself.
  static Estimand given(String name) {
    return new Given(name);
  }

  /// The words in reports.
  default String text() {
    return switch (this) {
      case Mean(Series s) -> s.metric() + " of " + s.arm();
      case Difference(Series a, Series b) -> a.metric() + " of " + a.arm() + " − " + other(a, b);
      case Ratio(Series a, Series b) -> a.metric() + " of " + a.arm() + " / " + other(a, b);
      case Given(String name) -> name;
    };
  }

  private static String other(Series first, Series second) {
    return first.metric().equals(second.metric())
        ? second.arm()
        : second.metric() + " of " + second.arm();
  }
}
