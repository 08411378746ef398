package telos.rl;

import java.util.stream.IntStream;
import telos.nn.Layer;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// Any action with probability epsilon, else the one of the largest value: how what learns action
/// values acts.
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
    return (observations, _, key) -> act(observations, key);
  }

  /// Row i uses the numbers 2 i and 2 i + 1 of the key. The values are not computed where every row
  /// explores.
  private Tensor act(Tensor observations, Rng key) {
    int rows = observations.dim(0);
    float[] chance = key.uniform(Shape.of(2 * rows)).toFloats();
    boolean explore = IntStream.range(0, rows).allMatch(i -> chance[2 * i] < epsilon);
    int[] chosen = explore ? new int[rows] : best(actionValues, observations).toInts();
    for (int i = 0; i < rows; i++) {
      if (chance[2 * i] < epsilon) {
        chosen[i] = (int) (chance[2 * i + 1] * actions);
      }
    }
    return Tensor.of(chosen);
  }

  @Override
  public Policy greedy() {
    return new Deterministic<>(actionValues, EpsilonGreedy::best);
  }

  private static Tensor best(Layer values, Tensor observations) {
    return values.call(observations).argMax(-1);
  }
}
