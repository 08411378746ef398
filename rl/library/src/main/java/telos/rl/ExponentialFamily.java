package telos.rl;

import telos.tensor.Tensor;

/// A distribution whose entropy has a closed form, and its divergence from another of its kind (see
/// [Kl#exact(ExponentialFamily, ExponentialFamily)]): what methods need that bound or reward how
/// random a policy is.
public sealed interface ExponentialFamily extends Distribution
    permits Categorical, MultiCategorical, Normal, Bernoulli {
  /// In nats, `[...]`.
  Tensor entropy();
}
