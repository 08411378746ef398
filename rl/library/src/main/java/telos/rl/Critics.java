package telos.rl;

import java.util.List;
import java.util.stream.IntStream;
import telos.autograd.Loss;
import telos.nn.Ensemble;
import telos.nn.Mlp;
import telos.rl.environment.Space;
import telos.tensor.Rng;
import telos.tensor.Tensor;
import telos.tensor.Tree;

/// E estimates of the value of an action, evaluated as one batched network.
///
/// @param networks from observations and actions in `[-1, 1]` side by side, `[..., O + A]`, to `[E,
///   ..., 1]`
public record Critics(Ensemble<Mlp> networks) {
  /// @param count E
  /// @param actions A
  /// @throws IllegalArgumentException for observations that are no vectors
  public static Critics of(
      int count, Networks networks, Space<?> observations, int actions, Rng key) {
    if (!(observations instanceof Space.Box box) || box.shape().size() != 1) {
      throw new IllegalArgumentException(
          "critics: observations of " + observations + " are no vectors; flatten them to a box");
    }
    int inputs = box.size() + actions;
    return new Critics(
        Ensemble.of(
            IntStream.range(0, count)
                .mapToObj(i -> networks.mlp(inputs, 1, key.fold(i)))
                .toList()));
  }

  /// Some of them.
  public Critics members(int... which) {
    Tensor index = Tensor.of(which);
    return new Critics(Tree.map(networks, leaf -> leaf.gather(0, index)));
  }

  /// Every critic's value.
  ///
  /// @param observations `[B, O]`
  /// @param actions in `[-1, 1]`, `[B, A]`
  /// @return `[E, B]`
  public Tensor values(Tensor observations, Tensor actions) {
    return networks.call(Tensor.concat(-1, List.of(observations, actions))).squeeze(-1);
  }

  /// The least of their values, which is less prone to be too high (Fujimoto et al. 2018, equation
  /// 10), `[B]`.
  public Tensor least(Tensor observations, Tensor actions) {
    return values(observations, actions).min(0);
  }

  /// The squared errors, a mean over the batch for each critic, all critics added.
  ///
  /// @param batch whose actions are in `[-1, 1]`
  /// @param goals what each critic shall say, `[B]`
  public Loss loss(Transitions batch, Tensor goals) {
    Tensor errors = values(batch.observations(), batch.actions()).sub(goals);
    return new Loss(errors.square().sum(), Tensor.scalar((float) batch.size()));
  }
}
