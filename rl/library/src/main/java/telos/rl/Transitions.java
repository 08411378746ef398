package telos.rl;

import java.util.List;
import java.util.function.Function;
import telos.tensor.Tensor;

/// A batch of steps, the unit in which most algorithms learn.
///
/// @param observations `[B, ...]`
/// @param actions I32 `[B]`, or F32 `[B, A]`
/// @param rewards `[B]`
/// @param next what followed, `[B, ...]`; of no meaning where the discount is zero
/// @param discounts `gamma (1 - terminated)`, `[B]`: by how much the value of `next` counts. A
///   truncated step bootstraps like any other.
public record Transitions(
    Tensor observations, Tensor actions, Tensor rewards, Tensor next, Tensor discounts) {
  public Transitions {
    int size = observations.dim(0);
    boolean fits =
        actions.dim(0) == size
            && rewards.rank() == 1
            && rewards.dim(0) == size
            && next.shape().equals(observations.shape())
            && discounts.shape().equals(rewards.shape());
    if (!fits) {
      throw new IllegalArgumentException(
          "transitions: observations "
              + observations.shape()
              + ", actions "
              + actions.shape()
              + ", rewards "
              + rewards.shape()
              + ", next "
              + next.shape()
              + ", discounts "
              + discounts.shape()
              + " do not belong together; needs [B, ...], [B, ...], [B], [B, ...], [B]");
    }
  }

  /// B.
  public int size() {
    return rewards.dim(0);
  }

  /// Some of them.
  ///
  /// @param rows I32 `[n]`
  public Transitions rows(Tensor rows) {
    return new Transitions(
        take(observations, rows),
        take(actions, rows),
        take(rewards, rows),
        take(next, rows),
        take(discounts, rows));
  }

  private static Tensor take(Tensor from, Tensor rows) {
    return from.gather(0, rows);
  }

  /// Several batches one after the other.
  public static Transitions concat(List<Transitions> parts) {
    return new Transitions(
        join(parts, Transitions::observations),
        join(parts, Transitions::actions),
        join(parts, Transitions::rewards),
        join(parts, Transitions::next),
        join(parts, Transitions::discounts));
  }

  private static Tensor join(List<Transitions> parts, Function<Transitions, Tensor> field) {
    return Tensor.concat(0, parts.stream().map(field).toList());
  }

  /// The same with other rewards `[B]`.
  public Transitions withRewards(Tensor other) {
    return new Transitions(observations, actions, other, next, discounts);
  }
}
