package telos.rl;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import telos.nn.Layer;
import telos.rl.environment.Space;
import telos.tensor.Rng;
import telos.tensor.Tensor;

/// A network that gives a distribution over actions for every observation.
public sealed interface Actor {
  /// @param observations `[B, ...]`
  /// @param allowed the actions that make sense, BOOL `[B, A]`, where only some do: others have no
  ///   probability. Vectors do not look.
  /// @return B distributions
  ExponentialFamily call(Tensor observations, Optional<Tensor> allowed);

  /// Of all actions.
  default ExponentialFamily call(Tensor observations) {
    return call(observations, Optional.empty());
  }

  /// The rule to draw from them.
  default Policy policy() {
    return new Drawing(this, false);
  }

  /// One action of several: the network gives their logits, `[B, A]`.
  record Softmax(Layer logits) implements Actor {
    @Override
    public Categorical call(Tensor observations, Optional<Tensor> allowed) {
      Tensor all = logits.call(observations);
      return allowed
          .map(some -> Categorical.ofLogits(all, some))
          .orElseGet(() -> Categorical.ofLogits(all));
    }
  }

  /// One of several in each of K places, independently: the network gives the logits of all, one
  /// after the other, `[B, n_1 + ... + n_K]`.
  ///
  /// @param sizes n
  record MultiSoftmax(Layer logits, List<Integer> sizes) implements Actor {
    @Override
    public MultiCategorical call(Tensor observations, Optional<Tensor> allowed) {
      return MultiCategorical.ofLogits(logits.call(observations), sizes);
    }
  }

  /// A vector of A numbers: the network gives their means, `[B, A]`; their deviations are the same
  /// for every observation (Schulman et al. 2015, appendix D).
  ///
  /// @param logScale logarithm of the deviations, `[A]`
  record Gaussian(Layer mean, Tensor logScale) implements Actor {
    @Override
    public Normal call(Tensor observations, Optional<Tensor> allowed) {
      return Normal.of(mean.call(observations), logScale);
    }
  }

  /// Acts by an actor.
  ///
  /// @param modal whether it takes the mode of each distribution instead of a draw
  record Drawing(Actor actor, boolean modal) implements Policy {
    @Override
    public Agent begin(int rows) {
      return new Drawer(this);
    }

    @Override
    public Drawing greedy() {
      return new Drawing(actor, true);
    }
  }

  /// Nothing but its rule.
  record Drawer(Drawing rule) implements Policy.Agent {
    @Override
    public Tensor act(Tensor observations, boolean[] begins, Rng key) {
      return act(observations, begins, Optional.empty(), key);
    }

    @Override
    public Tensor act(Tensor observations, boolean[] begins, Optional<Tensor> allowed, Rng key) {
      ExponentialFamily choice = rule.actor.call(observations, allowed);
      return rule.modal ? choice.mode() : choice.sample(key);
    }
  }

  /// One that fits the actions: deviations begin at one.
  ///
  /// @throws IllegalArgumentException for actions that are neither discrete, one or several, nor a
  ///   vector
  static Actor of(Space<?> actions, Networks networks, Space<?> observations, Rng key) {
    return switch (actions) {
      case Space.Discrete one -> new Softmax(networks.of(observations, one.n(), key));
      case Space.MultiDiscrete several -> {
        List<Integer> sizes = IntStream.of(several.n()).boxed().toList();
        int all = IntStream.of(several.n()).sum();
        yield new MultiSoftmax(networks.of(observations, all, key), sizes);
      }
      case Space.Box box when box.shape().size() == 1 ->
          new Gaussian(networks.of(observations, box.size(), key), Tensor.zeros(box.size()));
      default ->
          throw new IllegalArgumentException(
              "actor: no distribution over "
                  + actions
                  + "; needs discrete actions, one or several, or a vector");
    };
  }
}
