package telos.devices.cpu;

/// Transposed copies of blocks of any dtype: `y[j, i] = x[i, j]`.
///
/// A block of floats is gathered in the first cache, shuffled there by [Transposition], and written
/// out: rows a power of two apart, which all fall into one set of the cache, are then read and
/// written once and in long pieces.
final class Transposed {
  /// Rows and columns of a block.
  static final int BLOCK = 64;

  private static final int TILE = 16;

  private Transposed() {}

  /// `rows x columns` elements of x, at most [#BLOCK] of either, whose rows are `step` apart; those
  /// of y are `stride` apart.
  static void copy(
      Object x, int at, int step, int rows, int columns, Object y, int into, int stride) {
    if (x instanceof float[] floats && rows >= Lanes.WIDTH && columns >= Lanes.WIDTH) {
      block(floats, at, step, rows, columns, (float[]) y, into, stride);
      return;
    }
    for (int i = 0; i < rows; i += TILE) {
      int height = Math.min(TILE, rows - i);
      for (int j = 0; j < columns; j += TILE) {
        int width = Math.min(TILE, columns - j);
        int from = at + i * step + j;
        int to = into + j * stride + i;
        switch (x) {
          case float[] floats -> tile(floats, from, step, height, width, (float[]) y, to, stride);
          case int[] ints -> tile(ints, from, step, height, width, (int[]) y, to, stride);
          case byte[] bytes -> tile(bytes, from, step, height, width, (byte[]) y, to, stride);
          case double[] doubles ->
              tile(doubles, from, step, height, width, (double[]) y, to, stride);
          default -> {
            for (int c = 0; c < width; c++) {
              Runs.strided(x, from + c, step, y, to + c * stride, 1, height);
            }
          }
        }
      }
    }
  }

  private static void block(
      float[] x, int at, int step, int rows, int columns, float[] y, int into, int stride) {
    float[] near = Scratch.take(2 * BLOCK * BLOCK);
    int turned = BLOCK * BLOCK;
    for (int i = 0; i < rows; i++) {
      Runs.copy(x, at + i * step, near, i * BLOCK, columns);
    }
    Transposition.copy(near, 0, BLOCK, rows, columns, near, turned, BLOCK);
    for (int j = 0; j < columns; j++) {
      Runs.copy(near, turned + j * BLOCK, y, into + j * stride, rows);
    }
    Scratch.give(near);
  }

  private static void tile(
      float[] x, int at, int step, int rows, int columns, float[] y, int into, int stride) {
    for (int j = 0; j < columns; j++) {
      for (int i = 0; i < rows; i++) {
        y[into + j * stride + i] = x[at + i * step + j];
      }
    }
  }

  private static void tile(
      int[] x, int at, int step, int rows, int columns, int[] y, int into, int stride) {
    for (int j = 0; j < columns; j++) {
      for (int i = 0; i < rows; i++) {
        y[into + j * stride + i] = x[at + i * step + j];
      }
    }
  }

  private static void tile(
      byte[] x, int at, int step, int rows, int columns, byte[] y, int into, int stride) {
    for (int j = 0; j < columns; j++) {
      for (int i = 0; i < rows; i++) {
        y[into + j * stride + i] = x[at + i * step + j];
      }
    }
  }

  private static void tile(
      double[] x, int at, int step, int rows, int columns, double[] y, int into, int stride) {
    for (int j = 0; j < columns; j++) {
      for (int i = 0; i < rows; i++) {
        y[into + j * stride + i] = x[at + i * step + j];
      }
    }
  }
}
