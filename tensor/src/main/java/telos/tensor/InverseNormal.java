package telos.tensor;

/// A standard normal number for each of the 2^32 words, by integer operations and one polynomial in
/// float fma: no logarithm whose bits could differ between machines.
///
/// Bit 31 is the sign. The others, `m`, stand for the tail probability `p = (2m + 1) / 2^33` in
/// `(0, 1/2)`, and the magnitude is `x` with `Q(x) = p`, `Q` the upper tail of the normal law. The
/// count of leading zeros of `2m + 1` names the octave of `p`, the next 2 bits a quarter of it, the
/// rest a place `t` in `[0, 1)` within the quarter, where `x` is a polynomial of degree 5 in `t`.
/// The coefficients interpolate at Chebyshev nodes; they are found on first use with `StrictMath`.
final class InverseNormal {
  private static final int DEGREE = 5;
  private static final int OCTAVES = 32;
  private static final int QUARTERS = 4;
  private static final double ROOT_TWO_PI = 2.5066282746310002;
  private static final float[] COEFFICIENTS = coefficients();

  private InverseNormal() {}

  static float of(int word) {
    int odd = word << 1 | 1;
    int octave = Integer.numberOfLeadingZeros(odd);
    int fraction = octave == 31 ? 0 : odd << (octave + 1);
    float t = (fraction << 2 >>> 8) * 0x1p-24f;
    int at = (octave * QUARTERS + (fraction >>> 30)) * (DEGREE + 1);
    float x = COEFFICIENTS[at + DEGREE];
    for (int i = DEGREE - 1; i >= 0; i--) {
      x = Math.fma(x, t, COEFFICIENTS[at + i]);
    }
    return word < 0 ? -x : x;
  }

  private static float[] coefficients() {
    float[] table = new float[OCTAVES * QUARTERS * (DEGREE + 1)];
    for (int octave = 0; octave < OCTAVES; octave++) {
      for (int quarter = 0; quarter < QUARTERS; quarter++) {
        double width = StrictMath.scalb(1.0, -2 - octave) / QUARTERS;
        double start = StrictMath.scalb(1.0, -2 - octave) + quarter * width;
        double[] fitted = fit(start, width);
        for (int i = 0; i <= DEGREE; i++) {
          table[(octave * QUARTERS + quarter) * (DEGREE + 1) + i] = (float) fitted[i];
        }
      }
    }
    return table;
  }

  /// The polynomial in `t` that meets `x(start + t width)` at the Chebyshev nodes of `[0, 1]`:
  /// Newton's divided differences, then expanded into powers of `t`.
  private static double[] fit(double start, double width) {
    int count = DEGREE + 1;
    double[] nodes = new double[count];
    double[] differences = new double[count];
    for (int i = 0; i < count; i++) {
      nodes[i] = 0.5 - 0.5 * StrictMath.cos(StrictMath.PI * (i + 0.5) / count);
      differences[i] = quantile(start + nodes[i] * width);
    }
    for (int order = 1; order < count; order++) {
      for (int i = DEGREE; i >= order; i--) {
        differences[i] = (differences[i] - differences[i - 1]) / (nodes[i] - nodes[i - order]);
      }
    }
    double[] powers = new double[count];
    for (int i = DEGREE; i >= 0; i--) {
      for (int k = DEGREE; k > 0; k--) {
        powers[k] = powers[k - 1] - nodes[i] * powers[k];
      }
      powers[0] = differences[i] - nodes[i] * powers[0];
    }
    return powers;
  }

  /// `x >= 0` with `Q(x) = p`: Newton on `ln Q`, which is nearly quadratic in `x`.
  private static double quantile(double p) {
    double goal = StrictMath.log(p);
    double x = StrictMath.sqrt(StrictMath.max(0, -2 * (goal + StrictMath.log(2))) * 0.8);
    for (int i = 0; i < 8; i++) {
      double tail = tail(x);
      x += (StrictMath.log(tail) - goal) * tail / density(x);
    }
    return x;
  }

  private static double density(double x) {
    return StrictMath.exp(-0.5 * x * x) / ROOT_TWO_PI;
  }

  /// `Q(x)`: near the middle `1/2 - density (x + x^3/3 + x^5/15 + ...)`, in the tail Laplace's
  /// continued fraction `density / (x + 1/(x + 2/(x + ...)))`.
  private static double tail(double x) {
    if (x < 3) {
      double term = x;
      double sum = x;
      for (int k = 3; k < 120; k += 2) {
        term *= x * x / k;
        sum += term;
      }
      return 0.5 - density(x) * sum;
    }
    double fraction = x;
    for (int k = 80; k > 0; k--) {
      fraction = x + k / fraction;
    }
    return density(x) / fraction;
  }
}
