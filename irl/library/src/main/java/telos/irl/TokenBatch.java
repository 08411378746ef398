package telos.irl;

import java.util.Arrays;
import java.util.List;
import telos.nn.text.Demonstration;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// Sequences of tokens padded at the end to one length, with the positions that count.
///
/// A language model reads [#inputs()] `[B, T-1]` and predicts [#targets()] `[B, T-1]`; the mask
/// marks the targets that belong to the response. Prompt and padding never count.
///
/// @param ids I32 `[B, T]`, padded with 0
/// @param lengths I32 `[B]`, tokens of each sequence
/// @param mask F32 `[B, T-1]`, 1 where the target is a token of the response
public record TokenBatch(Tensor ids, Tensor lengths, Tensor mask) {

  /// Whole sequences of which every token but the first counts: language modelling.
  public static TokenBatch of(List<int[]> sequences) {
    int[] ones = new int[sequences.size()];
    Arrays.fill(ones, 1);
    return of(sequences, ones);
  }

  /// Sequences with the tokens of each that count.
  public static TokenBatch ofDemonstrations(List<Demonstration> demonstrations) {
    List<int[]> sequences = demonstrations.stream().map(Demonstration::ids).toList();
    TokenBatch batch = of(sequences);
    int width = batch.mask().dim(1);
    float[] mask = new float[batch.mask().size()];
    for (int i = 0; i < sequences.size(); i++) {
      boolean[] counted = demonstrations.get(i).counted();
      for (int t = 1; t < counted.length; t++) {
        mask[i * width + t - 1] = counted[t] ? 1 : 0;
      }
    }
    return new TokenBatch(batch.ids(), batch.lengths(), Tensor.of(mask, sequences.size(), width));
  }

  /// @param prompts how many tokens of each sequence are prompt; at least 1
  public static TokenBatch of(List<int[]> sequences, int[] prompts) {
    int rows = sequences.size();
    int width = sequences.stream().mapToInt(s -> s.length).max().orElse(0);
    if (width < 2 || prompts.length != rows) {
      throw new IllegalArgumentException(
          rows
              + " sequences with "
              + prompts.length
              + " prompt lengths, the longest of "
              + width
              + " tokens: needs one length a sequence and at least 2 tokens");
    }
    int[] ids = new int[rows * width];
    int[] lengths = new int[rows];
    float[] mask = new float[rows * (width - 1)];
    for (int i = 0; i < rows; i++) {
      int[] sequence = sequences.get(i);
      if (prompts[i] < 1 || prompts[i] > sequence.length) {
        throw new IllegalArgumentException(
            "sequence " + i + " of " + sequence.length + " tokens has a prompt of " + prompts[i]);
      }
      System.arraycopy(sequence, 0, ids, i * width, sequence.length);
      lengths[i] = sequence.length;
      int start = i * (width - 1);
      Arrays.fill(mask, start + prompts[i] - 1, start + sequence.length - 1, 1);
    }
    return new TokenBatch(
        Tensor.of(ids, Shape.of(rows, width)),
        Tensor.of(lengths),
        Tensor.of(mask, rows, width - 1));
  }

  /// What the model reads, I32 `[B, T-1]`.
  public Tensor inputs() {
    return ids.slice(1, 0, ids.dim(1) - 1);
  }

  /// What it predicts, I32 `[B, T-1]`.
  public Tensor targets() {
    return ids.slice(1, 1, ids.dim(1));
  }

  /// Spreads one row of numbers per response over the positions of the mask; zero elsewhere.
  ///
  /// @param responses `[B][response length]`
  /// @return F32 `[B, T-1]`
  public Tensor spread(double[][] responses) {
    float[] valid = mask.toFloats();
    float[] dense = new float[valid.length];
    int width = mask.dim(1);
    for (int i = 0; i < responses.length; i++) {
      int next = 0;
      for (int t = i * width; t < (i + 1) * width; t++) {
        dense[t] = valid[t] != 0 ? (float) responses[i][next++] : 0;
      }
    }
    return Tensor.of(dense, mask.dim(0), width);
  }

  /// The inverse of [#spread]: the numbers at the positions of the mask, a row per response.
  public double[][] collect(Tensor dense) {
    float[] valid = mask.toFloats();
    float[] values = dense.toFloats();
    int width = mask.dim(1);
    double[][] responses = new double[mask.dim(0)][];
    for (int i = 0; i < responses.length; i++) {
      double[] row = new double[width];
      int next = 0;
      for (int t = i * width; t < (i + 1) * width; t++) {
        if (valid[t] != 0) {
          row[next++] = values[t];
        }
      }
      responses[i] = Arrays.copyOf(row, next);
    }
    return responses;
  }
}
