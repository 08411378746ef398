package telos.devices.cpu;

import static jdk.incubator.vector.FloatVector.fromArray;
import static jdk.incubator.vector.FloatVector.zero;
import static telos.devices.cpu.Lanes.FLOAT;
import static telos.devices.cpu.Lanes.WIDTH;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/// Blocks of rows: the product of some rows with one panel, and what becomes of its result.
final class Tiles {
  /// Rows of a result that wait in the first cache to be added to C.
  static final int WAITING = Lanes.BITS == 512 ? 48 : 12;

  /// Inner indices of a panel of four registers, 32 kB, that stay in the first cache beside the
  /// rest: 64 kB do not, and would be read from the second for each tile anew. So all tiles of six
  /// rows take these first, then what is left.
  private static final int NEAR = 128;

  private Tiles() {}

  /// `c = A B` for any number of rows and one panel of at most [PackedMatrix#WIDE] columns, a
  /// multiple of [PackedMatrix#NARROW]; operands as in [MicroKernels].
  ///
  /// @param add `c = c + A B`; only where [#adds]
  static void product(
      int rows,
      int depth,
      float[] a,
      int aAt,
      int aRow,
      int aStep,
      float[] b,
      int bAt,
      int bStep,
      int width,
      float[] c,
      int cAt,
      int cRow,
      boolean add) {
    if (width == 4 * WIDTH) {
      wide(rows, depth, a, aAt, aRow, aStep, b, bAt, bStep, c, cAt, cRow);
      return;
    }
    int pair = width & 2 * WIDTH;
    if (pair > 0) {
      narrow(rows, depth, a, aAt, aRow, aStep, b, bAt, bStep, c, cAt, cRow, add);
    }
    if (pair < width) {
      single(rows, depth, a, aAt, aRow, aStep, b, bAt + pair, bStep, c, cAt + pair, cRow);
    }
  }

  /// Whether [#product] can add to what is there.
  static boolean adds(int aRow, int aStep, int bStep, int width) {
    return width == 2 * WIDTH && isPacked(aRow, aStep, bStep);
  }

  /// Whether rows are as [RowStrips] gathers them, or as if, and meet a packed panel of two
  /// registers.
  private static boolean isPacked(int aRow, int aStep, int bStep) {
    boolean strips = aRow == 1 && aStep == RowStrips.LENGTH;
    boolean lines = aRow == MatMul.BLOCK && aStep == 1;
    return bStep == 2 * WIDTH && (strips || lines);
  }

  /// `c = A B` for any number of rows and a row-major B of `columns` columns, a multiple of
  /// [PackedMatrix#NARROW].
  static void panels(
      int rows,
      int depth,
      float[] a,
      int aAt,
      int aRow,
      int aStep,
      float[] b,
      int bAt,
      int bStep,
      int columns,
      float[] c,
      int cAt,
      int cRow) {
    for (int j = 0; j < columns; j += PackedMatrix.WIDE) {
      int width = Math.min(PackedMatrix.WIDE, columns - j);
      product(rows, depth, a, aAt, aRow, aStep, b, bAt + j, bStep, width, c, cAt + j, cRow, false);
    }
  }

  private static void wide(
      int rows,
      int depth,
      float[] a,
      int aAt,
      int aRow,
      int aStep,
      float[] b,
      int bAt,
      int bStep,
      float[] c,
      int cAt,
      int cRow) {
    int i = rows / 6 * 6;
    for (int k = 0; k < depth && i > 0; k += NEAR) {
      int some = Math.min(NEAR, depth - k);
      for (int j = 0; j < i; j += 6) {
        int from = aAt + k * aStep + j * aRow;
        int right = bAt + k * bStep;
        wide6(some, a, from, aRow, aStep, b, right, bStep, c, cAt + j * cRow, cRow, k > 0);
      }
    }
    if (i <= rows - 4) {
      int from = aAt + i * aRow;
      MicroKernels.wide4(depth, a, from, aRow, aStep, b, bAt, bStep, c, cAt + i * cRow, cRow);
      i += 4;
    }
    if (i <= rows - 2) {
      int from = aAt + i * aRow;
      MicroKernels.wide2(depth, a, from, aRow, aStep, b, bAt, bStep, c, cAt + i * cRow, cRow);
      i += 2;
    }
    if (i < rows) {
      MicroKernels.wide1(depth, a, aAt + i * aRow, aStep, b, bAt, bStep, c, cAt + i * cRow);
    }
  }

  private static void wide6(
      int depth,
      float[] a,
      int aAt,
      int aRow,
      int aStep,
      float[] b,
      int bAt,
      int bStep,
      float[] c,
      int cAt,
      int cRow,
      boolean more) {
    if (aStep == 1 && bStep == 4 * WIDTH) {
      MicroKernels.rows6(depth, a, aAt, aRow, b, bAt, c, cAt, cRow, more);
    } else {
      MicroKernels.wide6(depth, a, aAt, aRow, aStep, b, bAt, bStep, c, cAt, cRow, more);
    }
  }

  private static void narrow(
      int rows,
      int depth,
      float[] a,
      int aAt,
      int aRow,
      int aStep,
      float[] b,
      int bAt,
      int bStep,
      float[] c,
      int cAt,
      int cRow,
      boolean add) {
    int i = 0;
    if (isPacked(aRow, aStep, bStep) && aRow == 1) {
      for (; i <= rows - 6; i += 6) {
        PackedKernels.strips6(depth, a, aAt + i, b, bAt, c, cAt + i * cRow, cRow, add);
      }
      if (i <= rows - 4) {
        PackedKernels.strips4(depth, a, aAt + i, b, bAt, c, cAt + i * cRow, cRow, add);
        i += 4;
      }
    } else if (isPacked(aRow, aStep, bStep)) {
      for (; i <= rows - 6; i += 6) {
        PackedKernels.lines6(depth, a, aAt + i * aRow, b, bAt, c, cAt + i * cRow, cRow, add);
      }
      if (i <= rows - 4) {
        PackedKernels.lines4(depth, a, aAt + i * aRow, b, bAt, c, cAt + i * cRow, cRow, add);
        i += 4;
      }
    } else if (aStep == 1) {
      for (; i <= rows - 6; i += 6) {
        int from = aAt + i * aRow;
        NarrowKernels.rows6(depth, a, from, aRow, b, bAt, bStep, c, cAt + i * cRow, cRow);
      }
    }
    for (; i <= rows - 6; i += 6) {
      int from = aAt + i * aRow;
      NarrowKernels.narrow6(depth, a, from, aRow, aStep, b, bAt, bStep, c, cAt + i * cRow, cRow);
    }
    for (; i <= rows - 2; i += 2) {
      int from = aAt + i * aRow;
      NarrowKernels.narrow2(
          depth, a, from, aRow, aStep, b, bAt, bStep, c, cAt + i * cRow, cRow, add);
    }
    if (i < rows) {
      NarrowKernels.narrow1(depth, a, aAt + i * aRow, aStep, b, bAt, bStep, c, cAt + i * cRow, add);
    }
  }

  private static void single(
      int rows,
      int depth,
      float[] a,
      int aAt,
      int aRow,
      int aStep,
      float[] b,
      int bAt,
      int bStep,
      float[] c,
      int cAt,
      int cRow) {
    int i = 0;
    for (; i <= rows - 6; i += 6) {
      int from = aAt + i * aRow;
      NarrowKernels.single6(depth, a, from, aRow, aStep, b, bAt, bStep, c, cAt + i * cRow, cRow);
    }
    for (; i <= rows - 2; i += 2) {
      int from = aAt + i * aRow;
      NarrowKernels.single2(depth, a, from, aRow, aStep, b, bAt, bStep, c, cAt + i * cRow, cRow);
    }
    if (i < rows) {
      NarrowKernels.single1(depth, a, aAt + i * aRow, aStep, b, bAt, bStep, c, cAt + i * cRow);
    }
  }

  /// `c = tile`, whose rows are `tileRow` apart.
  static void copy(float[] tile, int tileRow, float[] c, int cAt, int cRow, int rows, int width) {
    copy(tile, 0, tileRow, c, cAt, cRow, rows, width);
  }

  static void copy(
      float[] x, int xAt, int xRow, float[] c, int cAt, int cRow, int rows, int width) {
    int bound = FLOAT.loopBound(width);
    copyRegisters(x, xAt, xRow, c, cAt, cRow, rows, bound);
    for (int i = 0; i < rows && bound < width; i++) {
      System.arraycopy(x, xAt + i * xRow + bound, c, cAt + i * cRow + bound, width - bound);
    }
  }

  /// The same, each row followed by zeros up to a multiple of [Lanes#WIDTH] columns.
  static void padded(
      float[] x, int xAt, int xRow, float[] c, int cAt, int cRow, int rows, int width) {
    int bound = FLOAT.loopBound(width);
    copyRegisters(x, xAt, xRow, c, cAt, cRow, rows, bound);
    for (int i = 0; i < rows && bound < width; i++) {
      int to = cAt + i * cRow + bound;
      zero(FLOAT).intoArray(c, to);
      System.arraycopy(x, xAt + i * xRow + bound, c, to, width - bound);
    }
  }

  private static void copyRegisters(
      float[] x, int xAt, int xRow, float[] c, int cAt, int cRow, int rows, int width) {
    if (width == 2 * WIDTH) {
      copyPairs(x, xAt, xRow, c, cAt, cRow, rows);
      return;
    }
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < width; j += WIDTH) {
        fromArray(FLOAT, x, xAt + i * xRow + j).intoArray(c, cAt + i * cRow + j);
      }
    }
  }

  private static void copyPairs(
      float[] x, int xAt, int xRow, float[] c, int cAt, int cRow, int rows) {
    for (int i = 0; i < rows; i++) {
      int from = xAt + i * xRow;
      int to = cAt + i * cRow;
      FloatVector first = fromArray(FLOAT, x, from);
      FloatVector second = fromArray(FLOAT, x, from + WIDTH);
      first.intoArray(c, to);
      second.intoArray(c, to + WIDTH);
    }
  }

  /// `c = c + tile`.
  static void add(float[] tile, int tileRow, float[] c, int cAt, int cRow, int rows, int width) {
    add(tile, 0, tileRow, c, cAt, cRow, rows, width);
  }

  /// Adds one row to all rows of c.
  static void addRow(float[] row, int rowAt, float[] c, int cAt, int cRow, int rows, int width) {
    add(row, rowAt, 0, c, cAt, cRow, rows, width);
  }

  /// `c = c + x` for rows `xRow` and `cRow` apart.
  static void add(float[] x, int xAt, int xRow, float[] c, int cAt, int cRow, int rows, int width) {
    int bound = FLOAT.loopBound(width);
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < bound; j += WIDTH) {
        int to = cAt + i * cRow + j;
        fromArray(FLOAT, c, to).add(fromArray(FLOAT, x, xAt + i * xRow + j)).intoArray(c, to);
      }
    }
    if (bound < width) {
      addTail(x, xAt + bound, xRow, c, cAt + bound, cRow, rows, width - bound);
    }
  }

  private static void addTail(
      float[] x, int xAt, int xRow, float[] c, int cAt, int cRow, int rows, int width) {
    VectorMask<Float> tail = FLOAT.indexInRange(0, width);
    for (int i = 0; i < rows; i++) {
      int to = cAt + i * cRow;
      FloatVector.fromArray(FLOAT, c, to, tail)
          .add(FloatVector.fromArray(FLOAT, x, xAt + i * xRow, tail))
          .intoArray(c, to, tail);
    }
  }

  /// `y = y + x` for `size` elements.
  static void add(float[] x, int xAt, float[] y, int yAt, int size) {
    add(x, xAt, 0, y, yAt, 0, 1, size);
  }
}
