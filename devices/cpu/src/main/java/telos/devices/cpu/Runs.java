package telos.devices.cpu;

import static telos.devices.cpu.Lanes.FLOAT;
import static telos.devices.cpu.Lanes.INT;
import static telos.devices.cpu.Lanes.WIDTH;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorShuffle;

/// Copies of short runs of elements, of any dtype. The loop of vectors is spelled out for floats
/// and ints: the library's copy takes longer to start than a run of 64 floats takes to move, above
/// all for arrays whose class it must look up.
final class Runs {
  private static final VectorShuffle<Float> BACKWARDS =
      VectorShuffle.fromOp(FLOAT, i -> WIDTH - 1 - i);

  private Runs() {}

  /// `count` runs of `n` elements: those of x start `step` apart, those of y `stride`.
  static void copy(Object x, int at, int step, Object y, int into, int stride, int count, int n) {
    switch (x) {
      case float[] floats -> copy(floats, at, step, (float[]) y, into, stride, count, n);
      case int[] ints -> copy(ints, at, step, (int[]) y, into, stride, count, n);
      default -> {
        for (int r = 0; r < count; r++) {
          System.arraycopy(x, at + r * step, y, into + r * stride, n);
        }
      }
    }
  }

  private static void copy(
      float[] x, int at, int step, float[] y, int into, int stride, int count, int n) {
    for (int r = 0; r < count; r++) {
      copy(x, at + r * step, y, into + r * stride, n);
    }
  }

  /// `n` elements; the arrays or the elements must differ.
  static void copy(float[] x, int at, float[] y, int into, int n) {
    int i = 0;
    for (; i <= n - 4 * WIDTH; i += 4 * WIDTH) {
      var a = FloatVector.fromArray(FLOAT, x, at + i);
      var b = FloatVector.fromArray(FLOAT, x, at + i + WIDTH);
      var c = FloatVector.fromArray(FLOAT, x, at + i + 2 * WIDTH);
      var d = FloatVector.fromArray(FLOAT, x, at + i + 3 * WIDTH);
      a.intoArray(y, into + i);
      b.intoArray(y, into + i + WIDTH);
      c.intoArray(y, into + i + 2 * WIDTH);
      d.intoArray(y, into + i + 3 * WIDTH);
    }
    for (; i <= n - WIDTH; i += WIDTH) {
      FloatVector.fromArray(FLOAT, x, at + i).intoArray(y, into + i);
    }
    for (; i < n; i++) {
      y[into + i] = x[at + i];
    }
  }

  private static void copy(
      int[] x, int at, int step, int[] y, int into, int stride, int count, int n) {
    for (int r = 0; r < count; r++) {
      int from = at + r * step;
      int to = into + r * stride;
      int i = 0;
      for (; i <= n - WIDTH; i += WIDTH) {
        IntVector.fromArray(INT, x, from + i).intoArray(y, to + i);
      }
      for (; i < n; i++) {
        y[to + i] = x[from + i];
      }
    }
  }

  /// The same from strided elements to strided elements.
  static void strided(Object x, int at, int step, Object y, int into, int stride, int n) {
    switch (x) {
      case float[] from when step == -1 && stride == 1 -> reverse(from, at, (float[]) y, into, n);
      case float[] from -> {
        float[] to = (float[]) y;
        for (int i = 0; i < n; i++) {
          to[into + i * stride] = from[at + i * step];
        }
      }
      case int[] from -> {
        int[] to = (int[]) y;
        for (int i = 0; i < n; i++) {
          to[into + i * stride] = from[at + i * step];
        }
      }
      case byte[] from -> {
        byte[] to = (byte[]) y;
        for (int i = 0; i < n; i++) {
          to[into + i * stride] = from[at + i * step];
        }
      }
      case double[] from -> {
        double[] to = (double[]) y;
        for (int i = 0; i < n; i++) {
          to[into + i * stride] = from[at + i * step];
        }
      }
      default -> {
        for (int i = 0; i < n; i++) {
          System.arraycopy(x, at + i * step, y, into + i * stride, 1);
        }
      }
    }
  }

  /// `y[into + i] = x[at - i]`.
  private static void reverse(float[] x, int at, float[] y, int into, int n) {
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      FloatVector.fromArray(FLOAT, x, at - i - WIDTH + 1)
          .rearrange(BACKWARDS)
          .intoArray(y, into + i);
    }
    for (; i < n; i++) {
      y[into + i] = x[at - i];
    }
  }

  /// Element `at` of x, `n` times from `into` on.
  static void fill(Object x, int at, Object y, int into, int n) {
    switch (x) {
      case float[] from -> Arrays.fill((float[]) y, into, into + n, from[at]);
      case double[] from -> Arrays.fill((double[]) y, into, into + n, from[at]);
      case int[] from -> Arrays.fill((int[]) y, into, into + n, from[at]);
      case byte[] from -> Arrays.fill((byte[]) y, into, into + n, from[at]);
      case short[] from -> Arrays.fill((short[]) y, into, into + n, from[at]);
      default -> Arrays.fill((long[]) y, into, into + n, ((long[]) x)[at]);
    }
  }

  /// Zeros from `from` to `to`.
  static void clear(Object array, int from, int to) {
    switch (array) {
      case float[] x -> Arrays.fill(x, from, to, 0f);
      case double[] x -> Arrays.fill(x, from, to, 0.0);
      case int[] x -> Arrays.fill(x, from, to, 0);
      case byte[] x -> Arrays.fill(x, from, to, (byte) 0);
      case short[] x -> Arrays.fill(x, from, to, (short) 0);
      default -> Arrays.fill((long[]) array, from, to, 0L);
    }
  }

  /// A new array of the same class.
  static Object like(Object array, int length) {
    return java.lang.reflect.Array.newInstance(array.getClass().getComponentType(), length);
  }
}
