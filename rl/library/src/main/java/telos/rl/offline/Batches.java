package telos.rl.offline;

import org.jspecify.annotations.Nullable;
import telos.rl.Transitions;
import telos.tensor.Rng;
import telos.tensor.Shape;

/// Where the batches of gradient descent come from: steps drawn uniformly with replacement; of data
/// no larger than a batch, all of it.
///
/// @param all the steps; null where there are none
/// @param size of a batch
record Batches(@Nullable Transitions all, int size) {
  static Batches of(Dataset data, double gamma, int size) {
    return new Batches(data.trajectories().isEmpty() ? null : data.transitions(gamma), size);
  }

  Transitions draw(Rng key) {
    if (all == null) {
      throw Dataset.empty();
    }
    return all.size() <= size ? all : all.rows(key.integers(0, all.size(), Shape.of(size)));
  }
}
