package telos.devices.cpu;

import static telos.devices.cpu.Lanes.BITS;
import static telos.devices.cpu.Lanes.FLOAT;
import static telos.devices.cpu.Lanes.INT;
import static telos.devices.cpu.Lanes.WIDTH;
import static telos.devices.cpu.Lanes.fill;
import static telos.devices.cpu.Lanes.zero;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/// Weights of one or two bytes each, which are widened on the way to the multiplication: in
/// registers where one row of inputs meets them, in L1 where several do.
sealed interface NarrowMatrix {
  /// Columns of a strip: with eight registers of sums no fma waits for the one before it, and what
  /// is read of a row is a cache line of bytes at 256 bits.
  int STRIP = 8 * WIDTH;

  /// `y[i] = w[at + i]` as floats, for `i < n`.
  void widen(int at, float[] y, int yAt, int n);

  /// `y = x[0] W[0] + x[1] W[1] ...` by fma in increasing order, for `depth` rows of one strip that
  /// are `row` apart.
  void strip(int depth, float[] x, int xAt, int at, int row, float[] y);

  /// Over an array of the device's.
  static NarrowMatrix of(Object array) {
    return switch (array) {
      case short[] shorts -> new Brain(shorts);
      case byte[] bytes when BITS == 128 -> new Quarters(bytes);
      case byte[] bytes -> new Bytes(bytes);
      default -> throw new IllegalArgumentException("no narrow weights in " + array.getClass());
    };
  }

  /// BF16: the upper halves of floats.
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Brain(short[] w) implements NarrowMatrix {
    private static final VectorSpecies<Short> HALF =
        VectorShape.forBitSize(BITS / 2).withLanes(short.class);

    private static FloatVector load(short[] w, int at) {
      IntVector wide =
          (IntVector) ShortVector.fromArray(HALF, w, at).convertShape(VectorOperators.S2I, INT, 0);
      return wide.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
    }

    @Override
    public void widen(int at, float[] y, int yAt, int n) {
      Casts.widen(w, at, y, yAt, n);
    }

    @Override
    public void strip(int depth, float[] x, int xAt, int at, int row, float[] y) {
      FloatVector y0 = zero();
      FloatVector y1 = zero();
      FloatVector y2 = zero();
      FloatVector y3 = zero();
      FloatVector y4 = zero();
      FloatVector y5 = zero();
      FloatVector y6 = zero();
      FloatVector y7 = zero();
      int p = at;
      for (int k = 0; k < depth; k++) {
        FloatVector a = fill(x[xAt + k]);
        y0 = a.fma(load(w, p), y0);
        y1 = a.fma(load(w, p + WIDTH), y1);
        y2 = a.fma(load(w, p + 2 * WIDTH), y2);
        y3 = a.fma(load(w, p + 3 * WIDTH), y3);
        y4 = a.fma(load(w, p + 4 * WIDTH), y4);
        y5 = a.fma(load(w, p + 5 * WIDTH), y5);
        y6 = a.fma(load(w, p + 6 * WIDTH), y6);
        y7 = a.fma(load(w, p + 7 * WIDTH), y7);
        p += row;
      }
      y0.intoArray(y, 0);
      y1.intoArray(y, WIDTH);
      y2.intoArray(y, 2 * WIDTH);
      y3.intoArray(y, 3 * WIDTH);
      y4.intoArray(y, 4 * WIDTH);
      y5.intoArray(y, 5 * WIDTH);
      y6.intoArray(y, 6 * WIDTH);
      y7.intoArray(y, 7 * WIDTH);
    }
  }

  /// I8, a quarter of a register at a time.
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Bytes(byte[] w) implements NarrowMatrix {
    private static final VectorSpecies<Byte> QUARTER =
        VectorShape.forBitSize(Math.max(64, BITS / 4)).withLanes(byte.class);

    private static FloatVector load(byte[] w, int at) {
      return (FloatVector)
          ByteVector.fromArray(QUARTER, w, at).convertShape(VectorOperators.B2F, FLOAT, 0);
    }

    @Override
    public void widen(int at, float[] y, int yAt, int n) {
      Casts.widen(w, at, y, yAt, n);
    }

    @Override
    public void strip(int depth, float[] x, int xAt, int at, int row, float[] y) {
      FloatVector y0 = zero();
      FloatVector y1 = zero();
      FloatVector y2 = zero();
      FloatVector y3 = zero();
      FloatVector y4 = zero();
      FloatVector y5 = zero();
      FloatVector y6 = zero();
      FloatVector y7 = zero();
      int p = at;
      for (int k = 0; k < depth; k++) {
        FloatVector a = fill(x[xAt + k]);
        y0 = a.fma(load(w, p), y0);
        y1 = a.fma(load(w, p + WIDTH), y1);
        y2 = a.fma(load(w, p + 2 * WIDTH), y2);
        y3 = a.fma(load(w, p + 3 * WIDTH), y3);
        y4 = a.fma(load(w, p + 4 * WIDTH), y4);
        y5 = a.fma(load(w, p + 5 * WIDTH), y5);
        y6 = a.fma(load(w, p + 6 * WIDTH), y6);
        y7 = a.fma(load(w, p + 7 * WIDTH), y7);
        p += row;
      }
      y0.intoArray(y, 0);
      y1.intoArray(y, WIDTH);
      y2.intoArray(y, 2 * WIDTH);
      y3.intoArray(y, 3 * WIDTH);
      y4.intoArray(y, 4 * WIDTH);
      y5.intoArray(y, 5 * WIDTH);
      y6.intoArray(y, 6 * WIDTH);
      y7.intoArray(y, 7 * WIDTH);
    }
  }

  /// I8 where a quarter of a register is less than any register: rows are widened in L1.
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Quarters(byte[] w) implements NarrowMatrix {
    @Override
    public void widen(int at, float[] y, int yAt, int n) {
      Casts.widen(w, at, y, yAt, n);
    }

    @Override
    public void strip(int depth, float[] x, int xAt, int at, int row, float[] y) {
      widened(this, depth, x, xAt, at, row, STRIP, y);
    }
  }

  /// As [#strip], of any width, each row widened in L1.
  static void widened(
      NarrowMatrix w, int depth, float[] x, int xAt, int at, int row, int width, float[] y) {
    float[] wide = Scratch.take(width);
    java.util.Arrays.fill(y, 0, width, 0f);
    for (int k = 0; k < depth; k++) {
      w.widen(at + k * row, wide, 0, width);
      RowProduct.accumulate(1, x, xAt + k, 1, wide, 0, width, width, y, 0);
    }
    Scratch.give(wide);
  }
}
