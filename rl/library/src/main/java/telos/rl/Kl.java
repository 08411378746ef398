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

  /// The exact divergence `KL(p || q)` of two distributions of one kind, `[...]`.
  public static Tensor exact(ExponentialFamily p, ExponentialFamily q) {
    return switch (p) {
      case Categorical from when q instanceof Categorical to -> from.kl(to);
      case MultiCategorical from when q instanceof MultiCategorical to -> from.kl(to);
      case Normal from when q instanceof Normal to -> from.kl(to);
      case Bernoulli from when q instanceof Bernoulli to -> from.kl(to);
      default ->
          throw new IllegalArgumentException(
              "kl: a "
                  + p.getClass().getSimpleName()
                  + " has no closed form against a "
                  + q.getClass().getSimpleName()
                  + "; needs two of one kind");
    };
  }

  /// The exact divergence over the last axis, from logits `[..., A]`.
  public static Tensor exact(Tensor logits, Tensor referenceLogits) {
    return Categorical.ofLogits(logits).kl(Categorical.ofLogits(referenceLogits));
  }
}
