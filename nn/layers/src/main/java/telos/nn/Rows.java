package telos.nn;

import java.util.Arrays;
import telos.tensor.DType;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// Reading right-padded batches, whose row `b` holds `lengths[b]` valid positions.
public final class Rows {
  private Rows() {}

  /// What stands at the last valid position of every row.
  ///
  /// @param x `[B, T, D]`
  /// @param lengths I32 `[B]`, each in `[1, T]`
  /// @return `[B, D]`
  public static Tensor last(Tensor x, Tensor lengths) {
    check("last", x, lengths);
    int batch = x.dim(0);
    int length = x.dim(1);
    Tensor row = x.device().with(() -> Tensor.arange(0, batch)).mul(length);
    return x.reshape(batch * length, x.dim(2)).gather(0, row.add(lengths).sub(1));
  }

  /// BOOL `[B, T]`, true at the valid positions.
  ///
  /// @param lengths I32 `[B]`
  public static Tensor mask(Tensor lengths, int length) {
    Tensor position = lengths.device().with(() -> Tensor.arange(0, length));
    return position.reshape(1, length).lt(lengths.unsqueeze(1));
  }

  /// Ragged rows of token ids, padded at the end: I32 `[B, T]` with T the longest.
  public static Tensor pad(int[][] rows, int padding) {
    int longest = 0;
    for (int[] row : rows) {
      longest = Math.max(longest, row.length);
    }
    int[] ids = new int[rows.length * longest];
    Arrays.fill(ids, padding);
    for (int b = 0; b < rows.length; b++) {
      System.arraycopy(rows[b], 0, ids, b * longest, rows[b].length);
    }
    return Tensor.of(ids, Shape.of(rows.length, longest));
  }

  /// The lengths of ragged rows: I32 `[B]`.
  public static Tensor lengths(int[][] rows) {
    int[] lengths = new int[rows.length];
    for (int b = 0; b < lengths.length; b++) {
      lengths[b] = rows[b].length;
    }
    return Tensor.of(lengths);
  }

  /// `x` with exact zeros after each row's end, whatever stood there.
  ///
  /// @param x `[B, T, D]`
  /// @param lengths I32 `[B]`
  public static Tensor masked(Tensor x, Tensor lengths) {
    return mask(lengths, x.dim(1)).unsqueeze(-1).where(x, x.zerosLike());
  }

  /// Refuses lengths that are not one a row of `x [B, T, ...]`, each in `[1, T]`.
  static void check(String what, Tensor x, Tensor lengths) {
    int batch = x.dim(0);
    int length = x.dim(1);
    if (lengths.dtype() != DType.I32 || lengths.rank() != 1 || lengths.dim(0) != batch) {
      throw new IllegalArgumentException(
          what
              + ": lengths "
              + lengths.dtype()
              + lengths.shape()
              + " must be I32 ["
              + batch
              + "], one a row");
    }
    for (int valid : lengths.toInts()) {
      if (valid < 1 || valid > length) {
        throw new IllegalArgumentException(
            what + ": a row of length " + valid + " is not in 1 to " + length);
      }
    }
  }
}
