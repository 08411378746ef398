package telos.nn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// Where documents of different lengths stand that share one row, so that no position is padding.
///
/// All that a transformer does to a position alone runs on the row. Only attention and positions
/// need to know documents: for them those of similar length (within a factor of two) are gathered
/// to rows of their own, padded at the end as the causal kernel wants it, and what it made of them
/// is gathered back. So no mask exists, positions start at 0 in each document by themselves, and
/// what a document gets does not depend on its neighbours.
///
/// @param groups I32 `[N, L]` each: for N documents of at most L tokens the places of their tokens
///   in the row; after its end a document's last place is repeated
/// @param order I32 `[T]`: for each token of the row its place among the tokens of all groups
/// @param positions I32 `[1, T]`: of each token in its document
public record Documents(List<Tensor> groups, Tensor order, Tensor positions) {
  public Documents {
    groups = List.copyOf(groups);
  }

  /// Documents one after the other.
  ///
  /// @param lengths tokens of each document, at least one
  public static Documents of(int... lengths) {
    if (lengths.length == 0 || Arrays.stream(lengths).anyMatch(length -> length < 1)) {
      throw new IllegalArgumentException(
          "documents: lengths "
              + Arrays.toString(lengths)
              + "; needs at least one document, of at least one token each");
    }
    return new Layout(lengths).documents();
  }

  /// Tokens of the longest document.
  public int longest() {
    return groups.stream().mapToInt(group -> group.dim(1)).max().orElse(0);
  }

  /// Applies a function of whole sequences to each document.
  ///
  /// @param x `[1, T, ...]`
  /// @param function of `[N, L, ...]`, to `[N, L, ...]`, where what follows a position does not
  ///   matter to it
  Tensor each(Tensor x, UnaryOperator<Tensor> function) {
    Tensor row = x.squeeze(0);
    List<Tensor> parts = new ArrayList<>();
    for (Tensor group : groups) {
      Tensor part = function.apply(row.gather(0, group));
      Shape shape = part.shape().without(0);
      parts.add(part.reshape(shape.with(0, group.size())));
    }
    Tensor all = parts.size() == 1 ? parts.getFirst() : Tensor.concat(0, parts);
    return all.gather(0, order).unsqueeze(0);
  }

  void check(Tensor ids, int context) {
    if (!ids.shape().equals(positions.shape()) || longest() > context) {
      throw new IllegalArgumentException(
          "gpt: token ids "
              + ids.shape()
              + " of documents with "
              + positions.dim(1)
              + " tokens, the longest of "
              + longest()
              + "; needs ids [1, T] of all of them, none longer than the context of "
              + context);
    }
  }

  /// Computes the places.
  private static final class Layout {
    private final int[] lengths;
    private final int[] starts;
    private final int[] order;
    private final List<Tensor> groups = new ArrayList<>();
    private int grouped;

    Layout(int[] lengths) {
      this.lengths = lengths;
      starts = new int[lengths.length + 1];
      for (int d = 0; d < lengths.length; d++) {
        starts[d + 1] = Math.addExact(starts[d], lengths[d]);
      }
      order = new int[starts[lengths.length]];
    }

    Documents documents() {
      int[] byLength =
          IntStream.range(0, lengths.length)
              .boxed()
              .sorted(Comparator.comparingInt((Integer d) -> lengths[d]))
              .mapToInt(Integer::intValue)
              .toArray();
      int from = 0;
      for (int to = 1; to <= byLength.length; to++) {
        if (to == byLength.length || lengths[byLength[to]] > 2 * lengths[byLength[from]]) {
          group(Arrays.copyOfRange(byLength, from, to));
          from = to;
        }
      }
      return new Documents(groups, Tensor.of(order), positions());
    }

    private void group(int[] documents) {
      int longest = lengths[documents[documents.length - 1]];
      int[] places = new int[Math.multiplyExact(documents.length, longest)];
      for (int n = 0; n < documents.length; n++) {
        int d = documents[n];
        for (int t = 0; t < longest; t++) {
          places[n * longest + t] = starts[d] + Math.min(t, lengths[d] - 1);
        }
        for (int t = 0; t < lengths[d]; t++) {
          order[starts[d] + t] = grouped + n * longest + t;
        }
      }
      grouped += places.length;
      groups.add(Tensor.of(places, Shape.of(documents.length, longest)));
    }

    private Tensor positions() {
      int[] positions = new int[order.length];
      for (int d = 0; d < lengths.length; d++) {
        for (int t = 0; t < lengths[d]; t++) {
          positions[starts[d] + t] = t;
        }
      }
      return Tensor.of(positions, Shape.of(1, positions.length));
    }
  }
}
