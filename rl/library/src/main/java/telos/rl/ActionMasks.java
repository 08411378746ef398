package telos.rl;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import telos.tensor.Tensor;

/// Which of A discrete actions make sense: BOOL `[N, A]`, at least one in each row; empty where all
/// do everywhere.
public final class ActionMasks {
  private ActionMasks() {}

  /// Values or logits `[N, A]` with minus infinity for the actions that make no sense: none of them
  /// is the best, or has a probability (Huang and Ontañón 2022).
  public static Tensor of(Tensor values, Optional<Tensor> allowed) {
    return allowed
        .map(some -> values.maskedFill(some.not(), Double.NEGATIVE_INFINITY))
        .orElse(values);
  }

  /// Masks one after the other; empty only if all are.
  ///
  /// @param rows how many each has
  static Optional<Tensor> join(List<Optional<Tensor>> parts, List<Integer> rows) {
    return parts.stream()
        .flatMap(Optional::stream)
        .findFirst()
        .map(one ->
            Tensor.concat(
                0,
                IntStream.range(0, parts.size())
                    .mapToObj(i -> parts.get(i).orElseGet(() -> all(rows.get(i), one.dim(1))))
                    .toList()));
  }

  /// Rows that were kept one by one.
  static Optional<Tensor> joined(List<Optional<boolean[]>> rows) {
    return join(
        rows.stream().map(row -> row.map(mask -> Tensor.of(mask, 1, mask.length))).toList(),
        Collections.nCopies(rows.size(), 1));
  }

  /// Row i, to be kept.
  static Optional<boolean[]> row(Optional<Tensor> masks, int i) {
    return masks.map(all -> all.at(0, i).toBooleans());
  }

  /// Whether masks have so many rows, if there are any.
  static boolean fit(Optional<Tensor> masks, int rows) {
    return masks.map(all -> all.rank() == 2 && all.dim(0) == rows).orElse(true);
  }

  /// Of rows in which all actions make sense.
  static Tensor all(int rows, int actions) {
    boolean[] all = new boolean[rows * actions];
    Arrays.fill(all, true);
    return Tensor.of(all, rows, actions);
  }
}
