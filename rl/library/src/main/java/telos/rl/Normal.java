package telos.rl;

import telos.tensor.Rng;
import telos.tensor.Tensor;

/// A Gaussian with independent components: A of them at each position.
///
/// @param mean `[..., A]`
/// @param logScale logarithm of the standard deviations, of the shape of `mean`
public record Normal(Tensor mean, Tensor logScale) implements ExponentialFamily {
  private static final double LOG_ROOT_TAU = 0.5 * StrictMath.log(2 * Math.PI);

  public Normal {
    if (!mean.shape().equals(logScale.shape()) || mean.rank() == 0) {
      throw new IllegalArgumentException(
          "normal: means "
              + mean.shape()
              + " and scales "
              + logScale.shape()
              + " must have one shape, [..., A]");
    }
  }

  /// With the same scales everywhere.
  ///
  /// @param mean `[..., A]`
  /// @param logScale `[A]`
  public static Normal of(Tensor mean, Tensor logScale) {
    return new Normal(mean, logScale.add(mean.zerosLike()));
  }

  /// @param actions `[..., A]`
  @Override
  public Tensor logProb(Tensor actions) {
    Tensor distance = actions.sub(mean).mul(logScale.neg().exp());
    return distance.square().mul(-0.5).sub(logScale).sub(LOG_ROOT_TAU).sum(-1);
  }

  /// In nats, `[...]`.
  @Override
  public Tensor entropy() {
    return logScale.add(LOG_ROOT_TAU + 0.5).sum(-1);
  }

  /// `KL(this || other)` in nats, `[...]`.
  public Tensor kl(Normal other) {
    Tensor ratio = logScale.sub(other.logScale);
    Tensor distance = mean.sub(other.mean).mul(other.logScale.neg().exp());
    Tensor twice = ratio.mul(2).exp().add(distance.square()).sub(1);
    return twice.mul(0.5).sub(ratio).sum(-1);
  }

  @Override
  public Tensor sample(Rng key) {
    return mean.add(logScale.exp().mul(key.normal(mean.shape()).cast(mean.dtype())));
  }

  @Override
  public Tensor mode() {
    return mean;
  }
}
