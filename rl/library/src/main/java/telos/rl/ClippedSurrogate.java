package telos.rl;

import telos.tensor.Tensor;

/// The clipped objective of PPO (Schulman et al. 2017, eq. 7), to be minimised, elementwise.
public final class ClippedSurrogate {
  private ClippedSurrogate() {}

  /// `-min(ratio A, clip(ratio, 1 - clipRange, 1 + clipRange) A)`, `ratio = exp(logProb - old)`.
  ///
  /// @param clipRange epsilon
  public static Tensor policy(
      Tensor logProb, Tensor oldLogProb, Tensor advantage, double clipRange) {
    Tensor ratio = logProb.sub(oldLogProb).exp();
    Tensor clipped = ratio.clamp(1 - clipRange, 1 + clipRange);
    return ratio.mul(advantage).minimum(clipped.mul(advantage)).neg();
  }

  /// `max((V - R)^2, (clip(V, old - clipRange, old + clipRange) - R)^2) / 2`.
  public static Tensor value(Tensor value, Tensor oldValue, Tensor target, double clipRange) {
    Tensor clipped = oldValue.add(value.sub(oldValue).clamp(-clipRange, clipRange));
    return value.sub(target).square().maximum(clipped.sub(target).square()).mul(0.5);
  }
}
