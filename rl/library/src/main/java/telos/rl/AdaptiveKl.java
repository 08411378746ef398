package telos.rl;

/// The proportional controller of the KL coefficient (Ziegler et al. 2019, section 2.2): `beta <-
/// beta (1 + gain clip(kl / target - 1, -0.2, 0.2))`.
///
/// @param coefficient beta, in reward per nat
/// @param target divergence aimed at, in nats (per sequence or per token, as measured)
/// @param gain step size of one update; the paper's is 0.1
public record AdaptiveKl(double coefficient, double target, double gain) {
  public AdaptiveKl {
    if (!(coefficient >= 0) || !(target > 0) || !(gain >= 0)) {
      throw new IllegalArgumentException(
          "a KL controller needs coefficient >= 0, target > 0 and gain >= 0, got "
              + coefficient
              + ", "
              + target
              + ", "
              + gain);
    }
  }

  /// A controller that never moves.
  public static AdaptiveKl fixed(double coefficient) {
    return new AdaptiveKl(coefficient, 1, 0);
  }

  /// After measuring `kl`.
  public AdaptiveKl update(double kl) {
    double error = Math.clamp(kl / target - 1, -0.2, 0.2);
    return new AdaptiveKl(coefficient * (1 + gain * error), target, gain);
  }
}
