package telos.irl;

import java.util.List;

/// Max-margin inverse RL with a reward linear in fixed features, `R = w . phi`, `||w|| <= 1`.
public final class LinearMaxMargin {
  private LinearMaxMargin() {}

  /// Against one non-expert the margin `w . (expert - other)` is largest at `w = (expert - other) /
  /// ||expert - other||`.
  ///
  /// @param expert feature expectations of the expert
  /// @param other feature expectations of the non-expert
  public static double[] direction(double[] expert, double[] other) {
    return unit(minus(expert, other));
  }

  /// Against several non-experts: the direction that maximises the smallest margin, which is that
  /// from the nearest point of the others' convex hull to the expert (Abbeel and Ng 2004, section
  /// 3). The point is found by Gilbert's algorithm: step to the minimiser on the segment towards
  /// the vertex with the smallest margin, until no vertex improves by more than `tolerance`.
  public static double[] direction(double[] expert, List<double[]> others, double tolerance) {
    double[] nearest = others.getFirst().clone();
    for (int i = 0; i < 100_000; i++) {
      double[] w = minus(expert, nearest);
      double[] vertex = leastMargin(w, others);
      double[] edge = minus(vertex, nearest);
      double gap = dot(w, edge);
      if (gap <= tolerance * dot(w, w)) {
        break;
      }
      double step = Math.min(1, gap / dot(edge, edge));
      for (int j = 0; j < nearest.length; j++) {
        nearest[j] += step * edge[j];
      }
    }
    return unit(minus(expert, nearest));
  }

  private static double[] leastMargin(double[] w, List<double[]> others) {
    double[] best = others.getFirst();
    for (double[] other : others) {
      best = dot(w, other) > dot(w, best) ? other : best;
    }
    return best;
  }

  private static double[] unit(double[] w) {
    double norm = Math.sqrt(dot(w, w));
    if (norm == 0) {
      throw new IllegalArgumentException(
          "expert and non-expert have equal feature expectations: no reward separates them");
    }
    double[] unit = w.clone();
    for (int i = 0; i < unit.length; i++) {
      unit[i] /= norm;
    }
    return unit;
  }

  private static double[] minus(double[] a, double[] b) {
    double[] difference = a.clone();
    for (int i = 0; i < difference.length; i++) {
      difference[i] -= b[i];
    }
    return difference;
  }

  static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}
