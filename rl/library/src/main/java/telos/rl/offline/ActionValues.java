package telos.rl.offline;

import java.util.List;
import java.util.stream.IntStream;
import telos.autograd.Loss;
import telos.nn.Ensemble;
import telos.nn.Layer;
import telos.nn.Mlp;
import telos.rl.Networks;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// Estimates of action values by E networks, each on its own.
///
/// @param features of observations
/// @param members from features to the values of all A actions where they are discrete; else from
///   features and action to one value
/// @param discrete which
record ActionValues(Layer features, Ensemble<Mlp> members, boolean discrete) {
  static ActionValues of(int e, Dataset data, Layer features, Networks networks, Rng key) {
    UnitActions units = UnitActions.of(data.actions());
    int in = units.discrete() ? data.width() : data.width() + units.width();
    int out = units.discrete() ? units.width() : 1;
    List<Mlp> members =
        IntStream.range(0, e).mapToObj(i -> networks.mlp(in, out, key.fold(i))).toList();
    return new ActionValues(features, Ensemble.of(members), units.discrete());
  }

  /// Values of given actions, `[E, ...]`.
  ///
  /// @param observations `[..., D]` or I32 `[...]`
  /// @param actions `[..., A]`, or I32 `[...]`
  Tensor of(Tensor observations, Tensor actions) {
    if (discrete) {
      Tensor all = all(observations);
      return all.pick(actions.unsqueeze(0).broadcastTo(all.shape().without(-1)));
    }
    Tensor read = features.call(observations);
    return members.call(Tensor.concat(-1, List.of(read, actions))).squeeze(-1);
  }

  /// Values of all discrete actions, `[E, ..., A]`.
  Tensor all(Tensor observations) {
    return members.call(features.call(observations));
  }

  /// The least of the estimates of given actions, `[...]`.
  Tensor least(Tensor observations, Tensor actions) {
    return of(observations, actions).min(0);
  }

  /// Mean squared errors, summed over the networks.
  ///
  /// @param targets `[B]`
  Loss error(Tensor observations, Tensor actions, Tensor targets) {
    return sum(of(observations, actions).sub(targets).square());
  }

  /// Means over the batch, summed over the networks.
  ///
  /// @param losses `[E, B]`
  static Loss sum(Tensor losses) {
    return new Loss(losses.sum(), Tensor.full(losses.dim(1), losses.dtype(), Shape.SCALAR));
  }
}
