package telos.rl;

import telos.nn.Layer;
import telos.rl.environment.Space;
import telos.tensor.Rng;
import telos.tensor.Tensor;

/// A network that gives a [TanhNormal]: the actor of maximum-entropy methods.
///
/// @param network from observations `[N, ...]` to means and logarithms of scales, `[N, 2 A]`
public record SquashedActor(Layer network) {
  /// Scales beyond are of no use, and their exponentials of no precision (Haarnoja et al. 2018).
  private static final double LEAST = -20;

  private static final double MOST = 2;

  /// @param actions A
  public static SquashedActor of(Networks networks, Space<?> observations, int actions, Rng key) {
    return new SquashedActor(networks.of(observations, 2 * actions, key));
  }

  /// The actions in `[-1, 1]`, `[N, A]`.
  public TanhNormal at(Tensor observations) {
    Tensor both = network.call(observations);
    int size = both.dim(-1) / 2;
    Tensor logScale = both.slice(-1, size, 2 * size).clamp(LEAST, MOST);
    return new TanhNormal(new Normal(both.slice(-1, 0, size), logScale));
  }

  /// The policy that acts so in a box.
  public Policy policy(UnitBox box) {
    return box.outward(new Policy.Memoryless<>(this, SquashedActor::at));
  }
}
