package telos.devices.cpu;

import static telos.devices.cpu.Lanes.FLOAT;
import static telos.devices.cpu.Lanes.INT;
import static telos.devices.cpu.Lanes.WIDTH;
import static telos.devices.cpu.Lanes.exact;
import static telos.devices.cpu.Lanes.fill;
import static telos.devices.cpu.Lanes.zero;
import static telos.devices.cpu.Scratch.ALIGNED;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/// Weights in the order in which a single row of inputs reads them, in a form that shifts make
/// floats of: strips of [#STRIP] columns, in which every int holds the weights of four columns of
/// bytes, or of two of BF16, a register apart. A register of ints so gives whole registers of
/// floats; no weight crosses lanes.
///
/// Each register of a strip is a run of memory of its own: two or four runs that are read side by
/// side come faster than one, since the processor fetches ahead in each of them.
///
/// The weight of column `c` of a strip is plane `c / WIDTH % planes` of lane `c % WIDTH` of the
/// register `c / WIDTH / planes`. The last strip is filled up with zeros.
///
/// @param lanes for each strip `8 / planes` runs of `k` registers
/// @param planes weights of an int: 4 or 2
@SuppressWarnings("ArrayRecordComponent") // never compared
record NarrowStrips(int[] lanes, int planes, int k) implements NarrowMatrix {
  /// Columns of a strip: with eight registers of sums no fma waits for the one before it, and a row
  /// of bytes is a cache line at 256 bits.
  static final int STRIP = 8 * WIDTH;

  private static final int BRAIN = 0xffff0000;

  static int strips(int n) {
    return (n + STRIP - 1) / STRIP;
  }

  static int planes(Object array) {
    return array instanceof short[] ? 2 : 4;
  }

  /// Ints that weights `[k, n]` of an array take, padding included.
  static long size(Object array, int k, int n) {
    return (long) strips(n) * STRIP / planes(array) * k;
  }

  /// The weights of an array that lies as `[k, n]`, or as `[n, k]` if across.
  static NarrowStrips of(Team team, Object array, int k, int n, boolean across) {
    int[] lanes = new int[Math.toIntExact(size(array, k, n))];
    NarrowStrips strips = new NarrowStrips(lanes, planes(array), k);
    team.each(
        strips(n),
        (double) STRIP * k,
        (from, to) -> {
          for (int c = from * STRIP; c < Math.min(n, to * STRIP); c++) {
            strips.put(array, across ? c * k : c, across ? 1 : n, c);
          }
        });
    return strips;
  }

  /// One column, whose weights start at `at` and are `step` apart.
  private void put(Object array, int at, int step, int column) {
    int to = at(column);
    int shift = Integer.SIZE / planes * plane(column);
    for (int i = 0; i < k; i++) {
      lanes[to + i * WIDTH] |= bits(array, at + i * step) << shift;
    }
  }

  private static int bits(Object array, int at) {
    return array instanceof byte[] bytes
        ? Byte.toUnsignedInt(bytes[at])
        : Short.toUnsignedInt(((short[]) array)[at]);
  }

  /// From a register to the next one of the same strip.
  private int run() {
    return k * WIDTH;
  }

  private int plane(int column) {
    return column / WIDTH % planes;
  }

  /// Where the int of a column's first weight lies.
  private int at(int column) {
    return column / WIDTH / planes * run() + column % WIDTH;
  }

  @Override
  public void widen(int from, int depth, int column, int width, float[] room) {
    int padded = PackedMatrix.padded(width);
    for (int j = 0; j < padded; j += WIDTH) {
      int at = at(column + j) + from * WIDTH;
      int left = Integer.SIZE - Integer.SIZE / planes * (plane(column + j) + 1);
      for (int i = 0; i < depth; i++) {
        IntVector ints = load(lanes, at + i * WIDTH).lanewise(VectorOperators.LSHL, left);
        FloatVector weights = planes == 4 ? last(ints) : upper(ints);
        weights.intoArray(room, ALIGNED + i * padded + j);
      }
    }
  }

  /// `y = x[0] W[0] + x[1] W[1] ...` by fma in increasing order, for `depth` rows from `from` on of
  /// the strip at `column`.
  void strip(int from, int depth, int column, float[] x, float[] y) {
    int at = at(column) + from * WIDTH;
    if (planes == 4) {
      bytes(depth, x, from, lanes, at, run(), y);
    } else {
      brain(depth, x, from, lanes, at, run(), y);
    }
  }

  private static IntVector load(int[] lanes, int at) {
    return IntVector.fromArray(INT, lanes, at);
  }

  /// The last of four planes.
  private static FloatVector last(IntVector ints) {
    IntVector signed = exact(ints).lanewise(VectorOperators.ASHR, 24);
    return (FloatVector) signed.convertShape(VectorOperators.I2F, FLOAT, 0);
  }

  /// The upper of two planes.
  private static FloatVector upper(IntVector ints) {
    return exact(ints).lanewise(VectorOperators.AND, BRAIN).reinterpretAsFloats();
  }

  private static void bytes(int depth, float[] x, int xAt, int[] w, int at, int run, float[] y) {
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
      IntVector u = load(w, p);
      y0 = a.fma(last(u.lanewise(VectorOperators.LSHL, 24)), y0);
      y1 = a.fma(last(u.lanewise(VectorOperators.LSHL, 16)), y1);
      y2 = a.fma(last(u.lanewise(VectorOperators.LSHL, 8)), y2);
      y3 = a.fma(last(u), y3);
      IntVector v = load(w, p + run);
      y4 = a.fma(last(v.lanewise(VectorOperators.LSHL, 24)), y4);
      y5 = a.fma(last(v.lanewise(VectorOperators.LSHL, 16)), y5);
      y6 = a.fma(last(v.lanewise(VectorOperators.LSHL, 8)), y6);
      y7 = a.fma(last(v), y7);
      p += WIDTH;
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

  private static void brain(int depth, float[] x, int xAt, int[] w, int at, int run, float[] y) {
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
      IntVector s = load(w, p);
      y0 = a.fma(lower(s), y0);
      y1 = a.fma(upper(s), y1);
      IntVector t = load(w, p + run);
      y2 = a.fma(lower(t), y2);
      y3 = a.fma(upper(t), y3);
      IntVector u = load(w, p + 2 * run);
      y4 = a.fma(lower(u), y4);
      y5 = a.fma(upper(u), y5);
      IntVector v = load(w, p + 3 * run);
      y6 = a.fma(lower(v), y6);
      y7 = a.fma(upper(v), y7);
      p += WIDTH;
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

  /// The lower of two planes.
  private static FloatVector lower(IntVector ints) {
    return exact(ints).lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
  }
}
