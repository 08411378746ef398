package telos.irl;

/// Agreement of two score lists.
public final class Correlation {
  private Correlation() {}

  /// Pearson's product-moment correlation; NaN where either list is constant.
  public static double pearson(double[] a, double[] b) {
    if (a.length != b.length || a.length < 2) {
      throw new IllegalArgumentException(
          "correlation needs two lists of one length, at least 2, got "
              + a.length
              + " and "
              + b.length);
    }
    double meanA = mean(a);
    double meanB = mean(b);
    double cross = 0;
    double squareA = 0;
    double squareB = 0;
    for (int i = 0; i < a.length; i++) {
      cross += (a[i] - meanA) * (b[i] - meanB);
      squareA += (a[i] - meanA) * (a[i] - meanA);
      squareB += (b[i] - meanB) * (b[i] - meanB);
    }
    return cross / Math.sqrt(squareA * squareB);
  }

  /// Spearman's rank correlation, ties sharing their mean rank.
  public static double spearman(double[] a, double[] b) {
    return pearson(Auc.ranks(a), Auc.ranks(b));
  }

  /// Kendall's tau-b, which corrects for ties.
  public static double kendall(double[] a, double[] b) {
    if (a.length != b.length) {
      throw new IllegalArgumentException(a.length + " and " + b.length + " values");
    }
    long score = 0;
    long untiedA = 0;
    long untiedB = 0;
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < i; j++) {
        int p = Double.compare(a[i], a[j]);
        int q = Double.compare(b[i], b[j]);
        score += Integer.signum(p) * (long) Integer.signum(q);
        untiedA += p != 0 ? 1 : 0;
        untiedB += q != 0 ? 1 : 0;
      }
    }
    return score / Math.sqrt((double) untiedA * untiedB);
  }

  private static double mean(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    return sum / values.length;
  }
}
