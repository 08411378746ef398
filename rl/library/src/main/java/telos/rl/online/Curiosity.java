package telos.rl.online;

import java.util.Optional;
import telos.rl.Transitions;
import telos.rl.environment.Space;
import telos.tensor.Rng;
import telos.tensor.Tensor;
import telos.tensor.Tree;

/// A bonus for what is new, to be added to the reward by whatever algorithm: a value that is
/// updated by what has been seen, after which that is less new.
public sealed interface Curiosity permits Icm, Rnd {
  /// Which there are.
  enum Kind {
    NONE,
    ICM,
    RND
  }

  /// The bonus of each transition, not negative, `[B]`.
  Tensor bonus(Transitions batch);

  /// After having seen these; it consumes the state of this one's optimizer.
  Curiosity update(Transitions batch);

  /// After one pass over many, in minibatches of a random order.
  default Curiosity seeing(Transitions all, int minibatches, Rng order) {
    Curiosity next = this;
    for (Tensor rows : Minibatches.of(all.size(), minibatches, order)) {
      next = next.update(all.rows(rows));
    }
    return next;
  }

  /// The same in memory of its own.
  default Curiosity copy() {
    return Tree.map(this, tensor -> tensor.mul(tensor.onesLike()));
  }

  /// The start of a kind, with the defaults of its paper; empty for [Kind#NONE].
  static Optional<Curiosity> of(Kind kind, Space<?> observations, Space<?> actions, Rng key) {
    return switch (kind) {
      case NONE -> Optional.empty();
      case ICM -> Optional.of(Icm.init(Icm.Config.defaults(), observations, actions, key));
      case RND -> Optional.of(Rnd.init(Rnd.Config.defaults(), observations, key));
    };
  }
}
