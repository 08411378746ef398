package telos.rl;

import telos.nn.Layer;
import telos.rl.environment.Space;
import telos.tensor.Rng;
import telos.tensor.Tensor;

/// A network that gives a distribution over actions for every observation.
public sealed interface Actor {
  /// @param observations `[N, ...]`
  /// @return N distributions
  ExponentialFamily call(Tensor observations);

  /// The rule to draw from them.
  default Policy policy() {
    return new Policy.Memoryless<>(this, Actor::call);
  }

  /// One action of several: the network gives their logits, `[N, A]`.
  record Softmax(Layer logits) implements Actor {
    @Override
    public Categorical call(Tensor observations) {
      return Categorical.ofLogits(logits.call(observations));
    }
  }

  /// A vector of A numbers: the network gives their means, `[N, A]`; their deviations are the same
  /// for every observation (Schulman et al. 2015, appendix D).
  ///
  /// @param logScale logarithm of the deviations, `[A]`
  record Gaussian(Layer mean, Tensor logScale) implements Actor {
    @Override
    public Normal call(Tensor observations) {
      return Normal.of(mean.call(observations), logScale);
    }
  }

  /// One that fits the actions: deviations begin at one.
  ///
  /// @throws IllegalArgumentException for actions that are neither discrete nor a vector
  static Actor of(Space<?> actions, Networks networks, Space<?> observations, Rng key) {
    return switch (actions) {
      case Space.Discrete one -> new Softmax(networks.of(observations, one.n(), key));
      case Space.Box box when box.shape().size() == 1 ->
          new Gaussian(networks.of(observations, box.size(), key), Tensor.zeros(box.size()));
      default ->
          throw new IllegalArgumentException(
              "actor: no distribution over " + actions + "; needs discrete actions or a vector");
    };
  }
}
