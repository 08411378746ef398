package telos.devices.cpu;

import static telos.devices.cpu.Lanes.LOGICAL;

/// Sums in the order that [telos.tensor.Op] fixes, whatever the hardware: along a row 32 logical
/// lanes in blocks of [#BLOCK], down columns blocks of [#ROWS] rows, blocks by a pairwise tree.
final class Sums {
  /// Elements of a row that one set of lanes takes.
  static final int BLOCK = 4096;

  /// Rows that are added in sequence.
  static final int ROWS = 256;

  /// Blocks that [#blocks(float\[\], int, int, int, int, float\[\], float\[\], int)] sums together.
  static final int GROUP = 16;

  private Sums() {}

  static int blocks(int n, int block) {
    return Math.max(1, (n + block - 1) / block);
  }

  /// The sum of `x[at ... at + n)`.
  static float sum(float[] x, int at, int n) {
    return RowSums.sum(x, at, n, new float[LOGICAL]);
  }

  /// The sum of products `x[i + r] y[j + r]`, each rounded before it is added.
  static float dot(float[] x, int i, float[] y, int j, int n) {
    return RowSums.dot(x, i, y, j, n, new float[LOGICAL]);
  }

  /// The sums of `count <= GROUP` blocks of `n` elements that start `step` apart, to `out[k ...]`.
  /// `lanes` is working memory for [#GROUP] times [Lanes#LOGICAL] floats.
  static void blocks(
      float[] x, int at, int step, int n, int count, float[] lanes, float[] out, int k) {
    for (int b = 0; b < count; b++) {
      Fold.lanes(x, at + b * step, n, lanes, b * LOGICAL);
    }
    for (int b = 0; b < count; b++) {
      out[k + b] = Fold.halved(lanes, b * LOGICAL);
    }
  }

  /// Adds neighbours, then neighbours of the results, until one is left; an odd last one goes up a
  /// level as it is. Uses up `partial`.
  static float tree(float[] partial, int n) {
    for (int left = n; left > 1; left = (left + 1) / 2) {
      for (int i = 0; i < left / 2; i++) {
        partial[i] = partial[2 * i] + partial[2 * i + 1];
      }
      if (left % 2 == 1) {
        partial[left / 2] = partial[left - 1];
      }
    }
    return partial[0];
  }

  /// The same tree over rows of `width` partial sums; the result is the first row.
  static void tree(float[] partial, int rows, int width) {
    for (int left = rows; left > 1; left = (left + 1) / 2) {
      for (int i = 0; i < left / 2; i++) {
        Binary.add(partial, 2 * i * width, partial, (2 * i + 1) * width, partial, i * width, width);
      }
      if (left % 2 == 1) {
        System.arraycopy(partial, (left - 1) * width, partial, left / 2 * width, width);
      }
    }
  }
}
