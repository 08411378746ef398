package telos.irl;

/// Ridge-penalised logistic regression on differences of features, without intercept: the
/// Bradley-Terry model with a linear reward. Solved to convergence by Newton's method, so it has no
/// learning rate and no seed, and serves as the control of what the pairs contain.
public final class LogisticRegression {
  private LogisticRegression() {}

  /// Minimises `mean log(1 + exp(-w . d)) + ridge/2 ||w||^2`.
  ///
  /// @param differences one row a pair, `phi(preferred) - phi(other)`
  /// @return w
  public static double[] fit(double[][] differences, double ridge) {
    int features = differences[0].length;
    double[] w = new double[features];
    for (int iteration = 0; iteration < 100; iteration++) {
      double[] gradient = new double[features];
      double[][] hessian = new double[features][features];
      for (double[] d : differences) {
        accumulate(d, LinearMaxMargin.dot(w, d), 1.0 / differences.length, gradient, hessian);
      }
      for (int i = 0; i < features; i++) {
        gradient[i] += ridge * w[i];
        hessian[i][i] += ridge;
      }
      double[] step = solve(hessian, gradient);
      double size = 0;
      for (int i = 0; i < features; i++) {
        w[i] -= step[i];
        size = Math.max(size, Math.abs(step[i]));
      }
      if (size < 1e-10) {
        break;
      }
    }
    return w;
  }

  /// Mean Bradley-Terry loss of a linear reward.
  public static double loss(double[][] differences, double[] w) {
    double sum = 0;
    for (double[] d : differences) {
      double margin = LinearMaxMargin.dot(w, d);
      sum += Math.max(-margin, 0) + StrictMath.log1p(StrictMath.exp(-Math.abs(margin)));
    }
    return sum / differences.length;
  }

  private static void accumulate(
      double[] d, double margin, double weight, double[] gradient, double[][] hessian) {
    double wrong = 1 / (1 + StrictMath.exp(margin));
    for (int i = 0; i < d.length; i++) {
      if (d[i] == 0) {
        continue;
      }
      gradient[i] -= weight * wrong * d[i];
      double curvature = weight * wrong * (1 - wrong) * d[i];
      for (int j = 0; j < d.length; j++) {
        hessian[i][j] += curvature * d[j];
      }
    }
  }

  /// Solves a symmetric positive definite system by Cholesky's method, in place.
  private static double[] solve(double[][] a, double[] b) {
    int n = b.length;
    for (int j = 0; j < n; j++) {
      for (int i = j; i < n; i++) {
        double sum = a[i][j];
        for (int k = 0; k < j; k++) {
          sum -= a[i][k] * a[j][k];
        }
        a[i][j] = i == j ? Math.sqrt(sum) : sum / a[j][j];
      }
    }
    double[] x = b.clone();
    for (int i = 0; i < n; i++) {
      for (int k = 0; k < i; k++) {
        x[i] -= a[i][k] * x[k];
      }
      x[i] /= a[i][i];
    }
    for (int i = n - 1; i >= 0; i--) {
      for (int k = i + 1; k < n; k++) {
        x[i] -= a[k][i] * x[k];
      }
      x[i] /= a[i][i];
    }
    return x;
  }
}
