package telos.rl.offline;

import telos.nn.Activation;
import telos.nn.Layer;
import telos.nn.Sequential;
import telos.rl.Categorical;
import telos.rl.Distribution;
import telos.rl.Networks;
import telos.rl.Normal;
import telos.tensor.Rng;
import telos.tensor.Tensor;

/// A stochastic policy network in the coordinates of [UnitActions].
sealed interface UnitActor {
  /// @param observations `[N, ...]`
  Distribution of(Tensor observations);

  /// A policy for the actions of a data set.
  static UnitActor of(Dataset data, Layer features, Networks networks, Rng key) {
    UnitActions units = UnitActions.of(data.actions());
    Layer scores = networks.mlp(data.width(), units.width(), key);
    return units.discrete()
        ? new Softmax(Sequential.of(features, scores))
        : new Gaussian(
            Sequential.of(features, scores, Activation.TANH), Tensor.zeros(units.width()));
  }

  /// For discrete actions.
  ///
  /// @param logits of observations
  record Softmax(Layer logits) implements UnitActor {
    @Override
    public Categorical of(Tensor observations) {
      return Categorical.ofLogits(logits.call(observations));
    }
  }

  /// For boxes: a Gaussian around a point within the bounds, with the same scales everywhere.
  ///
  /// @param mean of observations
  /// @param logScale `[A]`, taken to be in `[-5, 2]`
  record Gaussian(Layer mean, Tensor logScale) implements UnitActor {
    @Override
    public Normal of(Tensor observations) {
      return Normal.of(mean.call(observations), logScale.clamp(-5, 2));
    }
  }
}
