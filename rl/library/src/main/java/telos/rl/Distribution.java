package telos.rl;

import telos.tensor.Rng;
import telos.tensor.Tensor;

/// A distribution over actions at each of several positions `[...]`: what a stochastic policy
/// gives.
public sealed interface Distribution permits ExponentialFamily, TanhNormal, Mixture {
  /// `log p(action)`, or the logarithm of the density, in nats; `[...]`.
  Tensor logProb(Tensor actions);

  /// One action for each position. Where the actions are continuous the gradient flows from a draw
  /// back into the parameters.
  Tensor sample(Rng key);

  /// The action that stands for the distribution where chance is unwanted: the likeliest one, or
  /// the mean.
  Tensor mode();
}
