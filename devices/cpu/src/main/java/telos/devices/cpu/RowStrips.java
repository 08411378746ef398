package telos.devices.cpu;

import static jdk.incubator.vector.FloatVector.fromArray;
import static telos.devices.cpu.Lanes.FLOAT;
import static telos.devices.cpu.Lanes.WIDTH;

/// Some rows of a left operand over one block of inner indices, as the micro-kernels read them:
/// element `[i, k]` is at `array[at(i) + k * step]`, and the rows of one strip are `row` apart.
///
/// Rows are read where they lie or gathered. A transposed operand lies across: a tile of it would
/// touch one cache line, often one page, for each inner index. It is copied to strips
/// `[k][LENGTH]`, with no element moved relative to its neighbours, which costs no more than a
/// plain copy. With sixteen registers the rows of an operand that is not transposed are gathered
/// too, a known distance apart: a tile has fewer multiply-adds for each load then, so what a load
/// costs in index arithmetic and bounds checks shows, and where strides are constants C2 needs
/// neither ([PackedKernels]).
///
/// @param length rows of a strip
record RowStrips(float[] array, int start, int row, int step, int length, int stride) {
  /// Rows in a copied strip.
  static final int LENGTH = Lanes.BITS == 512 ? 48 : 12;

  /// Inner indices that are copied before the next strip is begun: the rows are read in long runs.
  private static final int DEEP = 16;

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
    for (int first = 0; first < depth; first += DEEP) {
      int last = Math.min(depth, first + DEEP);
      for (int i = 0; i < rows; i += LENGTH) {
        int to = roomAt + i / LENGTH * stride;
        strip(a, at + i, aStep, first, last, Math.min(LENGTH, rows - i), room, to);
      }
    }
    return new RowStrips(room, roomAt, 1, LENGTH, LENGTH, stride);
  }

  /// Copies `rows` rows of an operand that is not transposed, `[rows, depth]` from `at` on with
  /// `aRow` floats from one row to the next, into `room`, [MatMul#BLOCK] floats apart.
  static RowStrips lines(
      float[] a, int at, int aRow, int rows, int depth, float[] room, int roomAt) {
    Tiles.copy(a, at, aRow, room, roomAt, MatMul.BLOCK, rows, depth);
    return inPlace(room, roomAt, MatMul.BLOCK, 1);
  }

  /// Inner indices `first` to `last` of one strip.
  private static void strip(
      float[] a, int at, int aStep, int first, int last, int rows, float[] room, int to) {
    for (int k = first; k < last; k++) {
      int from = at + k * aStep;
      if (rows == LENGTH) {
        for (int j = 0; j < LENGTH; j += WIDTH) {
          int lane = Math.min(j, LENGTH - WIDTH);
          fromArray(FLOAT, a, from + lane).intoArray(room, to + k * LENGTH + lane);
        }
      } else {
        System.arraycopy(a, from, room, to + k * LENGTH, rows);
      }
    }
  }

  /// The rows from `i` on, which begins a strip.
  RowStrips from(int i) {
    return new RowStrips(array, at(i), row, step, length, stride);
  }

  /// Where row `i` starts.
  int at(int i) {
    return start + i / length * stride + i % length * row;
  }
}
