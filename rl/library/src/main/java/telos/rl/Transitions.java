package telos.rl;

import java.util.List;
import java.util.Optional;
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
/// @param allowed the actions that made sense, BOOL `[B, A]`; empty where all did
/// @param nextAllowed those that make sense in `next`, likewise
public record Transitions(
    Tensor observations,
    Tensor actions,
    Tensor rewards,
    Tensor next,
    Tensor discounts,
    Optional<Tensor> allowed,
    Optional<Tensor> nextAllowed) {
  public Transitions {
    int size = observations.dim(0);
    boolean fits =
        actions.dim(0) == size
            && rewards.rank() == 1
            && rewards.dim(0) == size
            && next.shape().equals(observations.shape())
            && discounts.shape().equals(rewards.shape())
            && ActionMasks.fit(allowed, size)
            && ActionMasks.fit(nextAllowed, size);
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

  /// Where all actions make sense.
  public Transitions(
      Tensor observations, Tensor actions, Tensor rewards, Tensor next, Tensor discounts) {
    this(observations, actions, rewards, next, discounts, Optional.empty(), Optional.empty());
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
        take(discounts, rows),
        allowed.map(some -> take(some, rows)),
        nextAllowed.map(some -> take(some, rows)));
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
        join(parts, Transitions::discounts),
        masks(parts, Transitions::allowed),
        masks(parts, Transitions::nextAllowed));
  }

  private static Optional<Tensor> masks(
      List<Transitions> parts, Function<Transitions, Optional<Tensor>> field) {
    List<Integer> rows = parts.stream().map(Transitions::size).toList();
    return ActionMasks.join(parts.stream().map(field).toList(), rows);
  }

  private static Tensor join(List<Transitions> parts, Function<Transitions, Tensor> field) {
    return Tensor.concat(0, parts.stream().map(field).toList());
  }

  /// The same with other rewards `[B]`.
  public Transitions withRewards(Tensor other) {
    return new Transitions(observations, actions, other, next, discounts, allowed, nextAllowed);
  }

  /// The best action in `next` by some values of all of them, among those that make sense; I32
  /// `[B]`.
  ///
  /// @param values `[B, A]`
  public Tensor best(Tensor values) {
    return ActionMasks.of(values, nextAllowed).argMax(-1);
  }
}
