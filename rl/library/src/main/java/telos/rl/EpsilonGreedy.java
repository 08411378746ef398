package telos.rl;

import java.util.Optional;
import java.util.stream.IntStream;
import telos.nn.Layer;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// Any action with probability epsilon, else the one of the largest value: how what learns action
/// values acts. Actions that make no sense are neither.
///
/// @param actionValues Q, from observations `[N, ...]` to `[N, A]`
/// @param actions A
/// @param epsilon probability of an action that is drawn uniformly
public record EpsilonGreedy<M extends Layer>(M actionValues, int actions, double epsilon)
    implements Policy {
  public EpsilonGreedy {
    if (!(epsilon >= 0 && epsilon <= 1)) {
      throw new IllegalArgumentException("epsilon-greedy: " + epsilon + " is no probability");
    }
  }

  @Override
  public Agent begin(int rows) {
    return new Choosing(this);
  }

  /// Nothing but its rule.
  private record Choosing(EpsilonGreedy<?> rule) implements Agent {
    @Override
    public Tensor act(Tensor observations, boolean[] begins, Rng key) {
      return act(observations, begins, Optional.empty(), key);
    }

    @Override
    public Tensor act(Tensor observations, boolean[] begins, Optional<Tensor> allowed, Rng key) {
      return rule.act(observations, allowed, key);
    }
  }

  /// Row i uses the numbers 2 i and 2 i + 1 of the key. The values are not computed where every row
  /// explores.
  private Tensor act(Tensor observations, Optional<Tensor> allowed, Rng key) {
    if (epsilon == 0) {
      return best(observations, allowed);
    }
    int rows = observations.dim(0);
    float[] chance = key.uniform(Shape.of(2 * rows)).toFloats();
    boolean explore = IntStream.range(0, rows).allMatch(i -> chance[2 * i] < epsilon);
    int[] chosen = explore ? new int[rows] : best(observations, allowed).toInts();
    for (int i = 0; i < rows; i++) {
      if (chance[2 * i] < epsilon) {
        int[] sensible = sensible(allowed, i);
        chosen[i] = sensible[(int) (chance[2 * i + 1] * sensible.length)];
      }
    }
    return Tensor.of(chosen);
  }

  @Override
  public Policy greedy() {
    return new EpsilonGreedy<>(actionValues, actions, 0);
  }

  private Tensor best(Tensor observations, Optional<Tensor> allowed) {
    return ActionMasks.of(actionValues.call(observations), allowed).argMax(-1);
  }

  /// The actions that make sense in a row.
  private int[] sensible(Optional<Tensor> allowed, int row) {
    IntStream all = IntStream.range(0, actions);
    return ActionMasks.row(allowed, row)
        .map(mask -> all.filter(a -> mask[a]))
        .orElse(all)
        .toArray();
  }
}
