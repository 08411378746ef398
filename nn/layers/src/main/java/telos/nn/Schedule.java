package telos.nn;

/// A learning rate as a function of the step, counted from 0. Values, so that a run's configuration
/// can be printed and compared.
public sealed interface Schedule {
  /// The rate of step `step` (0 for the first).
  double at(long step);

  /// One rate for ever.
  static Schedule constant(double rate) {
    return new Constant(rate);
  }

  /// From `from` at step 0 in a straight line to `to` at step `steps`, and `to` ever after.
  static Schedule linear(double from, double to, long steps) {
    return new Linear(from, to, steps);
  }

  /// A linear warm-up, then half a cosine (Loshchilov and Hutter 2017): step `s < warmup` has `peak
  /// (s + 1) / warmup`; the cosine falls from `peak` at step `warmup` to `floor` at step `steps`,
  /// where it stays.
  static Schedule warmupCosine(double peak, double floor, long warmup, long steps) {
    return new WarmupCosine(peak, floor, warmup, steps);
  }

  record Constant(double rate) implements Schedule {
    @Override
    public double at(long step) {
      return rate;
    }
  }

  record Linear(double from, double to, long steps) implements Schedule {
    public Linear {
      requirePositive(steps > 0, steps);
    }

    @Override
    public double at(long step) {
      return step >= steps ? to : from + (to - from) * step / steps;
    }
  }

  record WarmupCosine(double peak, double floor, long warmup, long steps) implements Schedule {
    public WarmupCosine {
      requirePositive(warmup >= 0 && steps > warmup, steps);
    }

    @Override
    public double at(long step) {
      if (step < warmup) {
        return peak * (step + 1) / warmup;
      }
      double progress = (double) (Math.min(step, steps) - warmup) / (steps - warmup);
      return floor + (peak - floor) * 0.5 * (1 + StrictMath.cos(Math.PI * progress));
    }
  }

  private static void requirePositive(boolean holds, long steps) {
    if (!holds) {
      throw new IllegalArgumentException(
          "schedule: " + steps + " steps; needs more than none, and more than the warm-up");
    }
  }
}
