package telos.rl.online;

import java.util.List;
import telos.autograd.Loss;
import telos.nn.Activation;
import telos.nn.Dropout;
import telos.nn.LayerNorm;
import telos.nn.Linear;
import telos.nn.Projection;
import telos.rl.Networks;
import telos.rl.Transitions;
import telos.tensor.Rng;
import telos.tensor.Tensor;
import telos.tensor.Tree;

/// Two critics as one: a stack of networks that drop some of their units.
///
/// @param hidden `[2, in, out]` each
/// @param norms of what the hidden layers give, before ReLU
/// @param last to the value
record DropoutCritics(List<Linear> hidden, List<LayerNorm> norms, Linear last, Dropout dropout) {
  static DropoutCritics of(int inputs, List<Integer> widths, double rate, Rng key) {
    return Tree.stack(
        List.of(one(inputs, widths, rate, key.fold(0)), one(inputs, widths, rate, key.fold(1))));
  }

  private static DropoutCritics one(int inputs, List<Integer> widths, double rate, Rng key) {
    List<Projection> layers =
        Networks.uniform(widths, Activation.RELU).mlp(inputs, 1, key).layers();
    return new DropoutCritics(
        layers.stream().limit(widths.size()).map(Linear.class::cast).toList(),
        widths.stream().map(LayerNorm::init).toList(),
        (Linear) layers.getLast(),
        new Dropout(rate));
  }

  /// @param key decides which units are dropped
  /// @return `[2, B]`
  Tensor values(Tensor observations, Tensor actions, Rng key) {
    Tensor x = Tensor.concat(-1, List.of(observations, actions));
    Tensor h = x.unsqueeze(0).broadcastTo(x.shape().insert(0, 2));
    for (int i = 0; i < hidden.size(); i++) {
      Tensor kept = dropout.call(hidden.get(i).call(h), key.fold(i));
      h = norms.get(i).call(kept).relu();
    }
    return last.call(h).squeeze(-1);
  }

  Loss loss(Transitions batch, Tensor goals, Rng key) {
    Tensor errors = values(batch.observations(), batch.actions(), key).sub(goals);
    return new Loss(errors.square().sum(), Tensor.scalar((float) batch.size()));
  }
}
