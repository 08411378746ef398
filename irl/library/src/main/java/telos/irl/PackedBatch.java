package telos.irl;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import telos.nn.Documents;
import telos.nn.text.Demonstration;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// Demonstrations one after the other in one row, without padding; no demonstration sees another
/// ([Documents]).
///
/// @param inputs I32 `[1, T]`, what the model reads: of each demonstration all tokens but the last
/// @param targets I32 `[1, T]`, what it predicts: all but the first
/// @param mask F32 `[1, T]`, 1 where a target counts
/// @param documents where each demonstration stands
public record PackedBatch(Tensor inputs, Tensor targets, Tensor mask, Documents documents) {
  /// @param demonstrations at least one, each of at least 2 tokens
  public static PackedBatch of(List<Demonstration> demonstrations) {
    int[] lengths = demonstrations.stream().mapToInt(d -> d.ids().length - 1).toArray();
    Documents documents = Documents.of(lengths);
    int total = Arrays.stream(lengths).sum();
    int[] inputs = new int[total];
    int[] targets = new int[total];
    float[] mask = new float[total];
    int at = 0;
    for (Demonstration demonstration : demonstrations) {
      int length = demonstration.ids().length - 1;
      System.arraycopy(demonstration.ids(), 0, inputs, at, length);
      System.arraycopy(demonstration.ids(), 1, targets, at, length);
      for (int t = 0; t < length; t++) {
        mask[at + t] = demonstration.counted()[t + 1] ? 1 : 0;
      }
      at += length;
    }
    Shape row = Shape.of(1, total);
    return new PackedBatch(
        Tensor.of(inputs, row), Tensor.of(targets, row), Tensor.of(mask, 1, total), documents);
  }

  /// At most `size` demonstrations each, in order.
  static List<List<Demonstration>> parts(List<Demonstration> demonstrations, int size) {
    List<List<Demonstration>> parts = new ArrayList<>();
    for (int from = 0; from < demonstrations.size(); from += size) {
      parts.add(demonstrations.subList(from, Math.min(demonstrations.size(), from + size)));
    }
    return parts;
  }
}
