package telos.rl.environment;

/// The classical method of Runge and Kutta, of order 4.
final class RungeKutta {
  /// `dy/dt`.
  @FunctionalInterface
  interface Derivative {
    double[] of(double[] y);
  }

  private RungeKutta() {}

  /// `y` after a time `h`.
  static double[] step(Derivative derivative, double[] y, double h) {
    double[] k1 = derivative.of(y);
    double[] k2 = derivative.of(along(y, k1, h / 2));
    double[] k3 = derivative.of(along(y, k2, h / 2));
    double[] k4 = derivative.of(along(y, k3, h));
    double[] next = new double[y.length];
    for (int i = 0; i < next.length; i++) {
      next[i] = y[i] + h / 6 * (k1[i] + 2 * k2[i] + 2 * k3[i] + k4[i]);
    }
    return next;
  }

  private static double[] along(double[] y, double[] k, double step) {
    double[] moved = new double[y.length];
    for (int i = 0; i < moved.length; i++) {
      moved[i] = y[i] + step * k[i];
    }
    return moved;
  }
}
