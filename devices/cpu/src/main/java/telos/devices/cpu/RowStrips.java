package telos.devices.cpu;

import static telos.devices.cpu.Lanes.WIDTH;
import static telos.devices.cpu.Lanes.load;

/// Some rows of a left operand over one block of inner indices, as the micro-kernels read them:
/// element `[i, k]` is at `array[at(i) + k * step]`, and the rows of one strip are `row` apart.
///
/// A transposed operand lies across: a tile of it would touch one cache line, often one page, for
/// each inner index. Its rows are copied to strips `[k][LENGTH]`, with no element moved relative to
/// its neighbours, which costs no more than a plain copy.
///
/// @param length rows of a strip
record RowStrips(float[] array, int start, int row, int step, int length, int stride) {
  /// Rows in a copied strip.
  static final int LENGTH = 48;

  /// Rows that are read where they lie.
  static RowStrips inPlace(float[] a, int at, int row, int step) {
    return new RowStrips(a, at, row, step, Integer.MAX_VALUE, 0);
  }

  /// Floats that [#copy] needs.
  static int size(int rows) {
    return (rows + LENGTH - 1) / LENGTH * LENGTH * MatMul.BLOCK;
  }

  /// Copies `rows` rows of a transposed operand, `[depth, rows]` from `at` on with `aStep` floats
  /// from one inner index to the next, into `room`.
  static RowStrips copy(
      float[] a, int at, int aStep, int rows, int depth, float[] room, int roomAt) {
    int stride = LENGTH * depth;
    for (int k = 0; k < depth; k++) {
      int from = at + k * aStep;
      int to = roomAt + k * LENGTH;
      int i = 0;
      for (; i <= rows - LENGTH; i += LENGTH) {
        strip(a, from + i, room, to);
        to += stride;
      }
      if (i < rows) {
        System.arraycopy(a, from + i, room, to, rows - i);
      }
    }
    return new RowStrips(room, roomAt, 1, LENGTH, LENGTH, stride);
  }

  private static void strip(float[] a, int at, float[] room, int to) {
    for (int j = 0; j < LENGTH; j += WIDTH) {
      load(a, at + j).intoArray(room, to + j);
    }
  }

  /// Where row `i` starts.
  int at(int i) {
    return start + i / length * stride + i % length * row;
  }
}
