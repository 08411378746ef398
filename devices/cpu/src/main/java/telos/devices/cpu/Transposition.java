package telos.devices.cpu;

import static jdk.incubator.vector.FloatVector.fromArray;
import static telos.devices.cpu.Lanes.FLOAT;
import static telos.devices.cpu.Lanes.WIDTH;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShuffle;

/// Transposed copies of matrices.
///
/// A square of `WIDTH x WIDTH` floats is transposed by a perfect-shuffle network: zipping row `i`
/// with row `i + WIDTH/2` for all `i`, `log2(WIDTH)` times over, sends element `(i, j)` to `(j, i)`
/// (Pease 1968: one stage rotates the bits of the index by one). Two stages run on four registers
/// at a time, so the square goes through memory half as often.
final class Transposition {
  private static final int HALF = WIDTH / 2;
  private static final int QUARTER = WIDTH / 4;
  private static final int STAGES = Integer.numberOfTrailingZeros(WIDTH);
  private static final VectorShuffle<Float> LOW = VectorShuffle.makeZip(FLOAT, 0);
  private static final VectorShuffle<Float> HIGH = VectorShuffle.makeZip(FLOAT, 1);

  private Transposition() {}

  /// `y[j, i] = x[i, j]` for `rows x columns` elements of x, whose rows are `xRow` apart; those of
  /// y are `yRow` apart.
  static void copy(
      float[] x, int xAt, int xRow, int rows, int columns, float[] y, int yAt, int yRow) {
    int squareRows = rows - rows % WIDTH;
    int squareColumns = columns - columns % WIDTH;
    if (squareRows > 0 && squareColumns > 0) {
      squares(x, xAt, xRow, squareRows, squareColumns, y, yAt, yRow);
    }
    for (int i = 0; i < rows; i++) {
      for (int j = i < squareRows ? squareColumns : 0; j < columns; j++) {
        y[yAt + j * yRow + i] = x[xAt + i * xRow + j];
      }
    }
  }

  private static void squares(
      float[] x, int xAt, int xRow, int rows, int columns, float[] y, int yAt, int yRow) {
    float[] spare = Scratch.take(WIDTH * WIDTH);
    for (int i = 0; i < rows; i += WIDTH) {
      for (int j = 0; j < columns; j += WIDTH) {
        square(x, xAt + i * xRow + j, xRow, spare, y, yAt + j * yRow + i, yRow);
      }
    }
    Scratch.give(spare);
  }

  private static void square(
      float[] x, int xAt, int xRow, float[] spare, float[] y, int yAt, int yRow) {
    switch (STAGES) {
      case 2 -> zipTwice(x, xAt, xRow, y, yAt, yRow);
      case 3 -> {
        zip(x, xAt, xRow, spare, 0, WIDTH);
        zipTwice(spare, 0, WIDTH, y, yAt, yRow);
      }
      case 4 -> {
        zipTwice(x, xAt, xRow, spare, 0, WIDTH);
        zipTwice(spare, 0, WIDTH, y, yAt, yRow);
      }
      default -> throw new AssertionError("no registers of " + WIDTH + " floats");
    }
  }

  /// Two stages: rows `4i` to `4i + 3` of y come from rows `i + {0, 1, 2, 3} WIDTH/4` of x.
  private static void zipTwice(float[] x, int xAt, int xRow, float[] y, int yAt, int yRow) {
    for (int i = 0; i < QUARTER; i++) {
      FloatVector a = fromArray(FLOAT, x, xAt + i * xRow);
      FloatVector b = fromArray(FLOAT, x, xAt + (i + QUARTER) * xRow);
      FloatVector c = fromArray(FLOAT, x, xAt + (i + HALF) * xRow);
      FloatVector d = fromArray(FLOAT, x, xAt + (i + HALF + QUARTER) * xRow);
      FloatVector lowAC = a.rearrange(LOW, c);
      FloatVector highAC = a.rearrange(HIGH, c);
      FloatVector lowBD = b.rearrange(LOW, d);
      FloatVector highBD = b.rearrange(HIGH, d);
      int to = yAt + 4 * i * yRow;
      lowAC.rearrange(LOW, lowBD).intoArray(y, to);
      lowAC.rearrange(HIGH, lowBD).intoArray(y, to + yRow);
      highAC.rearrange(LOW, highBD).intoArray(y, to + 2 * yRow);
      highAC.rearrange(HIGH, highBD).intoArray(y, to + 3 * yRow);
    }
  }

  /// One stage: rows `2i` and `2i + 1` of y are rows `i` and `i + WIDTH/2` of x, zipped.
  private static void zip(float[] x, int xAt, int xRow, float[] y, int yAt, int yRow) {
    for (int i = 0; i < HALF; i++) {
      FloatVector low = fromArray(FLOAT, x, xAt + i * xRow);
      FloatVector high = fromArray(FLOAT, x, xAt + (i + HALF) * xRow);
      low.rearrange(LOW, high).intoArray(y, yAt + 2 * i * yRow);
      low.rearrange(HIGH, high).intoArray(y, yAt + (2 * i + 1) * yRow);
    }
  }
}
