package telos.rl;

import telos.nn.Layer;
import telos.rl.environment.Space;
import telos.tensor.Rng;
import telos.tensor.Tensor;

/// A network whose squashed output is the action (Silver et al. 2014; Lillicrap et al. 2015).
///
/// @param network from observations `[N, ...]` to `[N, A]`
public record DeterministicActor(Layer network) {
  /// @param actions A
  public static DeterministicActor of(
      Networks networks, Space<?> observations, int actions, Rng key) {
    return new DeterministicActor(networks.of(observations, actions, key));
  }

  /// The actions in `[-1, 1]`, `[N, A]`.
  public Tensor at(Tensor observations) {
    return network.call(observations).tanh();
  }

  /// The policy that acts so in a box.
  public Policy policy(UnitBox box) {
    return box.outward(new Policy.Deterministic<>(this, DeterministicActor::at));
  }
}
