package telos.rl;

import telos.tensor.Tensor;

/// Estimators of `KL(pi || ref)` from samples of `pi` (Schulman 2020, "Approximating KL
/// divergence"). `logRatio = log pi - log ref` of the sampled action.
public final class Kl {
  private Kl() {}

  /// `logRatio`: unbiased, of either sign.
  public static Tensor k1(Tensor logRatio) {
    return logRatio;
  }

  /// `exp(-logRatio) - 1 + logRatio`: unbiased, never negative.
  public static Tensor k3(Tensor logRatio) {
    return logRatio.neg().exp().sub(1).add(logRatio);
  }

  /// [#k3(Tensor)] of one number.
  public static double k3(double logRatio) {
    return StrictMath.expm1(-logRatio) + logRatio;
  }

  /// The exact divergence over the last axis, from logits `[..., A]`.
  public static Tensor exact(Tensor logits, Tensor referenceLogits) {
    return Categorical.ofLogits(logits).kl(Categorical.ofLogits(referenceLogits));
  }
}
