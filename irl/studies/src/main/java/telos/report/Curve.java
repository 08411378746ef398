package telos.report;

import java.util.ArrayList;
import java.util.List;

/// A line of a chart: values by step; NaN and infinities are gaps.
///
/// @param label the seed, or `mean`
record Curve(String label, List<Point> points) {

  record Point(double step, double value) {
    boolean isGap() {
      return Double.isNaN(value) || Double.isInfinite(value);
    }
  }

  /// Buckets of a thinned curve; each keeps two points.
  static final int BUCKETS = 300;

  /// At most `2 BUCKETS` points: of each run of neighbours the lowest and the highest, so that no
  /// spike is lost; a gap stays a gap.
  Curve thinned() {
    int n = points.size();
    if (n <= 2 * BUCKETS) {
      return this;
    }
    var kept = new ArrayList<Point>();
    for (int b = 0; b < BUCKETS; b++) {
      keepExtremes(
          points.subList((int) ((long) n * b / BUCKETS), (int) ((long) n * (b + 1) / BUCKETS)),
          kept);
    }
    return new Curve(label, kept);
  }

  private static void keepExtremes(List<Point> bucket, List<Point> kept) {
    int low = 0;
    int high = 0;
    for (int i = 0; i < bucket.size(); i++) {
      if (bucket.get(i).isGap()) {
        kept.add(bucket.get(i));
        return;
      }
      low = bucket.get(i).value() < bucket.get(low).value() ? i : low;
      high = bucket.get(i).value() >= bucket.get(high).value() ? i : high;
    }
    kept.add(bucket.get(Math.min(low, high)));
    if (low != high) {
      kept.add(bucket.get(Math.max(low, high)));
    }
  }
}
