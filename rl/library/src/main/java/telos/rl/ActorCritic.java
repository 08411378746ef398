package telos.rl;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import telos.nn.Activation;
import telos.nn.Layer;
import telos.nn.Sequential;
import telos.rl.environment.Space;
import telos.tensor.Rng;
import telos.tensor.Tensor;
import telos.tensor.Tree;

/// A policy and what it is worth: two networks that share nothing.
///
/// @param critic from observations `[N, ...]` to values `[N, 1]`
public record ActorCritic(Actor actor, Layer critic) {
  /// Tanh networks with orthogonal weights. The last layer of the actor is a hundredth as large, so
  /// that all actions begin about equally likely (Andrychowicz et al. 2021, section 3.2).
  ///
  /// @param hidden widths of the hidden layers, of either network
  public static ActorCritic of(
      Space<?> observations, Space<?> actions, List<Integer> hidden, Rng key) {
    Networks policy = Networks.orthogonal(hidden, Activation.TANH, 0.01);
    Networks value = Networks.orthogonal(hidden, Activation.TANH, 1);
    return new ActorCritic(
        Actor.of(actions, policy, observations, key.fold("actor")),
        value.of(observations, 1, key.fold("critic")));
  }

  /// The same networks, but they read observations standardised.
  public ActorCritic reading(Standardised seen) {
    Actor reading =
        switch (actor) {
          case Actor.Softmax(Layer logits) -> new Actor.Softmax(Sequential.of(seen, logits));
          case Actor.MultiSoftmax(Layer logits, List<Integer> sizes) ->
              new Actor.MultiSoftmax(Sequential.of(seen, logits), sizes);
          case Actor.Gaussian(Layer mean, Tensor logScale) ->
              new Actor.Gaussian(Sequential.of(seen, mean), logScale);
        };
    return new ActorCritic(reading, Sequential.of(seen, critic));
  }

  /// The same after more observations `[B, ...]`, by which it standardises if it does.
  public ActorCritic seeing(Tensor observations) {
    Map<Tensor, Standardised> after = new HashMap<>(); // actor and critic share one
    return Tree.replace(
        this,
        Standardised.class,
        (_, seen) -> after.computeIfAbsent(seen.count(), _ -> seen.with(observations)));
  }

  /// `V`, `[N]`.
  public Tensor values(Tensor observations) {
    return critic.call(observations).squeeze(-1);
  }
}
