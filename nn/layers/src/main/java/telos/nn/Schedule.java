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

  /// A linear warm-up of `warmup` steps to `peak`, then a straight line that reaches `floor` at
  /// step `steps`, where it stays.
  static Schedule warmupLinear(double peak, double floor, long warmup, long steps) {
    return warmup(peak, warmup, linear(peak, floor, steps - warmup));
  }

  /// Warm-up, stable, decay (Hu et al. 2024): a linear warm-up of `warmup` steps to `peak`, `peak`
  /// until `decay` steps are left of `steps`, and over those a straight line to `floor`, where it
  /// stays. A run may be prolonged from any step before the decay.
  static Schedule warmupStableDecay(
      double peak, double floor, long warmup, long decay, long steps) {
    long stable = steps - warmup - decay;
    requirePositive(stable >= 0, steps);
    return warmup(peak, warmup, new Then(constant(peak), stable, linear(peak, floor, decay)));
  }

  /// A linear warm-up of `warmup` steps to `peak`, then `peak sqrt(warmup / s)` at step `s`
  /// (Vaswani et al. 2017, equation 3): needs no last step.
  static Schedule inverseSqrt(double peak, long warmup) {
    requirePositive(warmup > 0, warmup);
    return warmup(peak, warmup, new InverseSqrt(peak, warmup));
  }

  private static Schedule warmup(double peak, long steps, Schedule then) {
    return steps == 0 ? then : new Then(new Warmup(peak, steps), steps, then);
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

  /// `peak (s + 1) / steps`.
  record Warmup(double peak, long steps) implements Schedule {
    public Warmup {
      requirePositive(steps > 0, steps);
    }

    @Override
    public double at(long step) {
      return peak * (step + 1) / steps;
    }
  }

  /// `first` for `steps` steps, after which `then` begins with its step 0.
  record Then(Schedule first, long steps, Schedule then) implements Schedule {
    @Override
    public double at(long step) {
      return step < steps ? first.at(step) : then.at(step - steps);
    }
  }

  /// `peak sqrt(offset / (offset + s))`.
  record InverseSqrt(double peak, long offset) implements Schedule {
    @Override
    public double at(long step) {
      return peak * Math.sqrt((double) offset / (offset + step));
    }
  }

  private static void requirePositive(boolean holds, long steps) {
    if (!holds) {
      throw new IllegalArgumentException(
          "schedule: " + steps + " steps; needs more than none, and more than the warm-up");
    }
  }
}
