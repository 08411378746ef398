package telos.devices.cpu;

import java.util.function.DoubleUnaryOperator;

/// Compares the vector functions with their scalar twins bit for bit, and the errors with
/// [StrictMath] in double, over every `stride`-th of the 2^32 floats (a prime; 1 means all).
///
/// `VectorMathSweep STRIDE [FUNCTION ...]` prints one line a function.
final class VectorMathSweep {
  enum Function {
    EXP(StrictMath::exp),
    LOG(StrictMath::log),
    LOG1P(StrictMath::log1p),
    TANH(StrictMath::tanh),
    SIGMOID(
        x -> x < 0 ? StrictMath.exp(x) / (1 + StrictMath.exp(x)) : 1 / (1 + StrictMath.exp(-x))),
    ERF(VectorMathSweep::erf),
    SIN(StrictMath::sin),
    COS(StrictMath::cos);

    private final DoubleUnaryOperator exact;

    Function(DoubleUnaryOperator exact) {
      this.exact = exact;
    }

    float scalar(float x) {
      return switch (this) {
        case EXP -> VectorMath.exp(x);
        case LOG -> Logarithm.log(x);
        case LOG1P -> Logarithm.log1p(x);
        case TANH -> VectorMath.tanh(x);
        case SIGMOID -> VectorMath.sigmoid(x);
        case ERF -> VectorMath.erf(x);
        case SIN -> Trigonometry.sin(x);
        case COS -> Trigonometry.cos(x);
      };
    }

    void vector(float[] x, float[] y) {
      switch (this) {
        case EXP -> Elementary.exp(x, 0, y, 0, x.length);
        case LOG -> Elementary.log(x, 0, y, 0, x.length);
        case LOG1P -> Elementary.log1p(x, 0, y, 0, x.length);
        case TANH -> Elementary.tanh(x, 0, y, 0, x.length);
        case SIGMOID -> Elementary.sigmoid(x, 0, y, 0, x.length);
        case ERF -> Elementary.erf(x, 0, y, 0, x.length);
        case SIN -> Trigonometry.sin(x, 0, y, 0, x.length);
        case COS -> Trigonometry.cos(x, 0, y, 0, x.length);
      }
    }
  }

  /// What a sweep of one function found.
  ///
  /// @param different arguments whose vector and scalar results have different bits
  /// @param ulps the largest error in units in the last place of the exact result
  /// @param at where
  record Finding(Function function, long different, double ulps, float at) {
    @Override
    public String toString() {
      return "%-8s different %d, largest error %.3f ulp at %a (%s)"
          .formatted(function, different, ulps, at, at);
    }
  }

  private VectorMathSweep() {}

  /// Sweeps every `stride`-th bit pattern; errors are measured on one in `thinning` of those.
  static Finding sweep(Function function, long stride, int thinning) {
    float[] x = new float[Lanes.WIDTH * 64];
    float[] y = new float[x.length];
    long different = 0;
    double worst = 0;
    float at = 0;
    for (long bits = 0, batch = 0; bits < 1L << 32; batch++) {
      for (int i = 0; i < x.length; i++, bits += stride) {
        x[i] = Float.intBitsToFloat((int) bits);
      }
      function.vector(x, y);
      for (int i = 0; i < x.length; i++) {
        float twin = function.scalar(x[i]);
        if (Float.floatToIntBits(twin) != Float.floatToIntBits(y[i])) {
          different++;
        }
        double ulps =
            (i + batch) % thinning == 0 ? ulps(function.exact.applyAsDouble(x[i]), twin) : 0;
        if (ulps > worst) {
          worst = ulps;
          at = x[i];
        }
      }
    }
    return new Finding(function, different, worst, at);
  }

  /// The error in units of the last place of the exact result; flushed and special results count 0
  /// where they are right and infinite where they are not.
  static double ulps(double exact, float found) {
    if (Double.isNaN(exact) || Math.abs(exact) < 0x1p-126 * (1 - 1e-6)) {
      boolean right = Double.isNaN(exact) ? Float.isNaN(found) : Math.abs(found) <= 0x1p-126f;
      return right ? 0 : Double.POSITIVE_INFINITY;
    }
    if ((float) exact == found) {
      return 0;
    }
    if (found == 0 && Math.abs(exact) < 0x1p-126) {
      return 0;
    }
    double ulp = Math.scalb(1.0, Math.max(Math.getExponent(exact), -126) - 23);
    return Math.abs(found - exact) / ulp;
  }

  /// The error function in double: its series to 2.5, a continued fraction beyond.
  static double erf(double x) {
    double a = Math.abs(x);
    if (a < 2.5) {
      double term = x;
      double sum = x;
      for (int n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
        term *= -x * x / n;
        sum += term / (2 * n + 1);
      }
      return 2 / Math.sqrt(Math.PI) * sum;
    }
    if (!(a < 7)) {
      return a >= 7 ? Math.signum(x) : x;
    }
    double fraction = a;
    for (int n = 60; n > 0; n--) {
      fraction = a + n / 2.0 / fraction;
    }
    return Math.copySign(1 - StrictMath.exp(-a * a) / Math.sqrt(Math.PI) / fraction, x);
  }

  /// The largest error of `pow` over pairs of `x` (random bits, then near one) and `y`, and how
  /// many results differ from the scalar twin.
  static String sweepPower(int batches) {
    float[] x = new float[Lanes.WIDTH * 64];
    float[] y = new float[x.length];
    float[] z = new float[x.length];
    java.util.SplittableRandom random = new java.util.SplittableRandom(7);
    long different = 0;
    double worst = 0;
    String at = "";
    for (int batch = 0; batch < batches; batch++) {
      for (int i = 0; i < x.length; i++) {
        pair(random, batch % 4, x, y, i);
      }
      Power.pow(x, 0, y, 0, z, 0, x.length);
      for (int i = 0; i < x.length; i++) {
        float twin = Power.pow(x[i], y[i]);
        different += Float.floatToIntBits(twin) == Float.floatToIntBits(z[i]) ? 0 : 1;
        double ulps = ulps(StrictMath.pow(x[i], y[i]), twin);
        if (ulps > worst) {
          worst = ulps;
          at = x[i] + "^" + y[i];
        }
      }
    }
    return "POW      different %d, largest error %.3f ulp at %s".formatted(different, worst, at);
  }

  private static void pair(
      java.util.SplittableRandom random, int kind, float[] x, float[] y, int i) {
    x[i] = Float.intBitsToFloat(random.nextInt());
    switch (kind) {
      case 0 -> y[i] = Float.intBitsToFloat(random.nextInt());
      case 1 -> y[i] = random.nextInt(-9, 10) / 2f;
      case 2 -> {
        x[i] = (float) random.nextDouble(0.3, 3);
        y[i] = (float) random.nextDouble(-100, 100);
      }
      default -> {
        x[i] = Math.abs(x[i]);
        y[i] = (float) (random.nextDouble(-89, 89) / StrictMath.log(x[i]));
      }
    }
  }

  public static void main(String[] arguments) {
    long stride = Long.parseLong(arguments[0]);
    for (Function function : Function.values()) {
      if (arguments.length == 1 || java.util.List.of(arguments).contains(function.toString())) {
        System.out.println(sweep(function, stride, stride == 1 ? 7 : 1));
      }
    }
    System.out.println(sweepPower((int) Math.min(100_000, 100_000_000 / stride)));
  }
}
