package telos.rl;

import telos.tensor.Rng;
import telos.tensor.Tensor;

/// The hyperbolic tangent of a Gaussian: actions within `(-1, 1)` (Haarnoja et al. 2018, appendix
/// C).
///
/// Its entropy has no closed form; `-logProb` of a draw estimates it.
///
/// @param base of what is squashed
public record TanhNormal(Normal base) implements Distribution {
  private static final double LOG_2 = StrictMath.log(2);

  /// How close to the bounds an action is taken to be, where only the action is known: beyond,
  /// float cannot tell one from another.
  private static final double CLOSEST = 1e-6;

  /// An action and the logarithm of its density.
  ///
  /// @param action `[..., A]`
  /// @param logProb `[...]`
  public record Draw(Tensor action, Tensor logProb) {}

  /// A draw with its density, computed before squashing: exact also next to the bounds, where
  /// [#logProb] is not.
  public Draw draw(Rng key) {
    Tensor before = base.sample(key);
    return new Draw(before.tanh(), density(before));
  }

  /// `log N(u) - sum log (1 - tanh^2 u)`, the second term as `2 (log 2 - u - softplus(-2u))`.
  private Tensor density(Tensor before) {
    Tensor stretch = before.add(before.mul(-2).softplus()).neg().add(LOG_2).mul(2);
    return base.logProb(before).sub(stretch.sum(-1));
  }

  /// @param actions `[..., A]`, within `[-1, 1]`; those closer to a bound than `1e-6` count as that
  ///   close
  @Override
  public Tensor logProb(Tensor actions) {
    Tensor inside = actions.maximum(CLOSEST - 1).minimum(1 - CLOSEST);
    Tensor before = inside.log1p().sub(inside.neg().log1p()).mul(0.5);
    return density(before);
  }

  @Override
  public Tensor sample(Rng key) {
    return base.sample(key).tanh();
  }

  /// The squashed mean.
  @Override
  public Tensor mode() {
    return base.mean().tanh();
  }
}
