package telos.devices.cpu;

import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.LE;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.MAX;
import static jdk.incubator.vector.VectorOperators.MIN;
import static jdk.incubator.vector.VectorOperators.XOR;
import static telos.devices.cpu.Lanes.FLOAT;
import static telos.devices.cpu.Lanes.INT;
import static telos.devices.cpu.Lanes.WIDTH;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;

/// The largest element of a row and where it is.
///
/// Floats are compared as integers: flipping the lower 31 bits of negative floats puts all of them
/// in the order of the integers, -0 below +0 and NaN beyond the infinities on either side. That
/// gives NaN and zeros their due in one-cycle operations, where a `max` of float lanes takes many.
final class Extremes {
  private static final int INFINITY = Float.floatToRawIntBits(Float.POSITIVE_INFINITY);

  private Extremes() {}

  private static int key(float value) {
    int bits = Float.floatToRawIntBits(value);
    return bits ^ bits >> 31 >>> 1;
  }

  /// The largest of `x[at ... at + n)`, NaN if any is, of two zeros the positive one; of none it is
  /// negative infinity.
  static float max(float[] x, int at, int n) {
    int most = key(Float.NEGATIVE_INFINITY);
    int least = INFINITY;
    int i = 0;
    if (n >= WIDTH) {
      IntVector high = IntVector.broadcast(INT, most);
      IntVector low = IntVector.broadcast(INT, least);
      for (; i < FLOAT.loopBound(n); i += WIDTH) {
        IntVector bits = FloatVector.fromArray(FLOAT, x, at + i).reinterpretAsInts();
        IntVector flip = bits.lanewise(ASHR, 31).lanewise(LSHR, 1);
        IntVector key = bits.lanewise(XOR, flip);
        high = high.max(key);
        low = low.min(key);
      }
      most = high.reduceLanes(MAX);
      least = low.reduceLanes(MIN);
    }
    for (; i < n; i++) {
      most = Math.max(most, key(x[at + i]));
      least = Math.min(least, key(x[at + i]));
    }
    boolean nan = most > INFINITY || least < key(Float.NEGATIVE_INFINITY);
    return nan ? Float.NaN : Float.intBitsToFloat(most ^ most >> 31 >>> 1);
  }

  /// Index of the first largest of a row, or of the first NaN: the largest is found first, then its
  /// place while the row is in cache.
  static int argMax(float[] x, int at, int n) {
    float most = max(x, at, n);
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      FloatVector v = FloatVector.fromArray(FLOAT, x, at + i);
      VectorMask<Float> other = !Float.isNaN(most) ? v.compare(EQ, most).not() : v.compare(EQ, v);
      if (!other.allTrue()) {
        return i + other.not().firstTrue();
      }
    }
    while (i < n && x[at + i] != most && !Float.isNaN(x[at + i])) {
      i++;
    }
    return i;
  }

  /// The same down `n` columns of `rows` rows that start `step` apart.
  static void argMax(float[] x, int at, int step, int rows, int[] out, int to, int n) {
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      FloatVector most = FloatVector.fromArray(FLOAT, x, at + i);
      IntVector best = IntVector.zero(INT);
      for (int r = 1; r < rows; r++) {
        FloatVector v = FloatVector.fromArray(FLOAT, x, at + i + r * step);
        VectorMask<Float> better = v.compare(LE, most).not().and(most.compare(EQ, most));
        most = most.blend(v, better);
        best = best.blend(r, better.cast(INT));
      }
      best.intoArray(out, to + i);
    }
    for (; i < n; i++) {
      int best = 0;
      float most = x[at + i];
      for (int r = 1; r < rows && !Float.isNaN(most); r++) {
        float v = x[at + i + r * step];
        if (v > most || Float.isNaN(v)) {
          best = r;
          most = v;
        }
      }
      out[to + i] = best;
    }
  }
}
