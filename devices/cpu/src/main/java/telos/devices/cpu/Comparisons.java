package telos.devices.cpu;

import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LE;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.NE;
import static telos.devices.cpu.Lanes.FLOAT;
import static telos.devices.cpu.Lanes.WIDTH;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/// Comparisons of F32 and choices by them, between masks of lanes and bytes that are 0 or 1.
///
/// Sixteen elements at a time, whatever the width of a register: their bits in one long are spread
/// over sixteen bytes by multiplication (Warren, Hacker's Delight, chapter 7), because 128-bit
/// registers of floats have no byte register to match.
final class Comparisons {
  static final int GROUP = 16;
  private static final long ONES = 0x0101010101010101L;
  private static final long DIAGONAL = 0x8040201008040201L;
  private static final long CARRY = 0x7F7F7F7F7F7F7F7FL;
  private static final long GATHER = 0x0102040810204080L;
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private Comparisons() {}

  static void equal(float[] x, int j, float[] y, int l, byte[] z, int k, int n) {
    int i = 0;
    for (; i <= n - GROUP; i += GROUP) {
      long bits = 0;
      for (int r = 0; r < GROUP; r += WIDTH) {
        bits |=
            FloatVector.fromArray(FLOAT, x, j + i + r)
                    .compare(EQ, FloatVector.fromArray(FLOAT, y, l + i + r))
                    .toLong()
                << r;
      }
      spread(bits, z, k + i);
    }
    for (; i < n; i++) {
      z[k + i] = (byte) (x[j + i] == y[l + i] ? 1 : 0);
    }
  }

  static void less(float[] x, int j, float[] y, int l, byte[] z, int k, int n) {
    int i = 0;
    for (; i <= n - GROUP; i += GROUP) {
      long bits = 0;
      for (int r = 0; r < GROUP; r += WIDTH) {
        bits |=
            FloatVector.fromArray(FLOAT, x, j + i + r)
                    .compare(LT, FloatVector.fromArray(FLOAT, y, l + i + r))
                    .toLong()
                << r;
      }
      spread(bits, z, k + i);
    }
    for (; i < n; i++) {
      z[k + i] = (byte) (x[j + i] < y[l + i] ? 1 : 0);
    }
  }

  static void lessEqual(float[] x, int j, float[] y, int l, byte[] z, int k, int n) {
    int i = 0;
    for (; i <= n - GROUP; i += GROUP) {
      long bits = 0;
      for (int r = 0; r < GROUP; r += WIDTH) {
        bits |=
            FloatVector.fromArray(FLOAT, x, j + i + r)
                    .compare(LE, FloatVector.fromArray(FLOAT, y, l + i + r))
                    .toLong()
                << r;
      }
      spread(bits, z, k + i);
    }
    for (; i < n; i++) {
      z[k + i] = (byte) (x[j + i] <= y[l + i] ? 1 : 0);
    }
  }

  /// `x != 0`, true for NaN.
  static void notZero(float[] x, int j, byte[] z, int k, int n) {
    int i = 0;
    for (; i <= n - GROUP; i += GROUP) {
      long bits = 0;
      for (int r = 0; r < GROUP; r += WIDTH) {
        bits |= FloatVector.fromArray(FLOAT, x, j + i + r).compare(NE, 0f).toLong() << r;
      }
      spread(bits, z, k + i);
    }
    for (; i < n; i++) {
      z[k + i] = (byte) (x[j + i] != 0 ? 1 : 0);
    }
  }

  /// Each of the sixteen low bits becomes a byte.
  static void spread(long bits, byte[] z, int k) {
    LONGS.set(z, k, eight(bits & 0xFF));
    LONGS.set(z, k + 8, eight(bits >>> 8 & 0xFF));
  }

  private static long eight(long bits) {
    return ((bits * ONES & DIAGONAL) + CARRY) >>> 7 & ONES;
  }

  /// The bits of sixteen bytes that are 0 or 1.
  static long gather(byte[] c, int h) {
    long low = (long) LONGS.get(c, h) * GATHER >>> 56;
    long high = (long) LONGS.get(c, h + 8) * GATHER >>> 56;
    return high << 8 | low;
  }

  /// `z = c ? x : y`.
  static void choose(byte[] c, int h, float[] x, int j, float[] y, int l, float[] z, int k, int n) {
    int i = 0;
    for (; i <= n - GROUP; i += GROUP) {
      long bits = gather(c, h + i);
      for (int r = 0; r < GROUP; r += WIDTH) {
        FloatVector other = FloatVector.fromArray(FLOAT, y, l + i + r);
        other
            .blend(
                FloatVector.fromArray(FLOAT, x, j + i + r), VectorMask.fromLong(FLOAT, bits >>> r))
            .intoArray(z, k + i + r);
      }
    }
    for (; i < n; i++) {
      z[k + i] = c[h + i] != 0 ? x[j + i] : y[l + i];
    }
  }

  /// `g` where `a > b`, half of it where they are equal, else 0.
  static void ofLarger(
      float[] a, int h, float[] b, int j, float[] g, int l, float[] z, int k, int n) {
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      FloatVector x = FloatVector.fromArray(FLOAT, a, h + i);
      FloatVector y = FloatVector.fromArray(FLOAT, b, j + i);
      FloatVector v = FloatVector.fromArray(FLOAT, g, l + i);
      FloatVector.zero(FLOAT)
          .blend(v.mul(0.5f), x.compare(EQ, y))
          .blend(v, x.compare(GT, y))
          .intoArray(z, k + i);
    }
    for (; i < n; i++) {
      z[k + i] = a[h + i] > b[j + i] ? g[l + i] : a[h + i] == b[j + i] ? g[l + i] * 0.5f : 0f;
    }
  }
}
