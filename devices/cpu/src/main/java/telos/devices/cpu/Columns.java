package telos.devices.cpu;

import static telos.devices.cpu.Lanes.FLOAT;
import static telos.devices.cpu.Lanes.WIDTH;

import jdk.incubator.vector.FloatVector;

/// Down the columns of a matrix, many side by side: each column meets its rows in order, several
/// rows in a pass so that the running values leave their registers less often.
final class Columns {
  private Columns() {}

  /// Adds `rows` rows of `n` elements that start `step` apart, one after the other, to `to[at
  /// ...]`.
  static void add(float[] x, int from, int step, int rows, float[] to, int at, int n) {
    int r = 0;
    for (; r <= rows - 8; r += 8) {
      add8(x, from + r * step, step, to, at, n);
    }
    for (; r < rows; r++) {
      Binary.add(to, at, x, from + r * step, to, at, n);
    }
  }

  private static void add8(float[] x, int from, int step, float[] to, int at, int n) {
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      int j = from + i;
      FloatVector.fromArray(FLOAT, to, at + i)
          .add(FloatVector.fromArray(FLOAT, x, j))
          .add(FloatVector.fromArray(FLOAT, x, j + step))
          .add(FloatVector.fromArray(FLOAT, x, j + 2 * step))
          .add(FloatVector.fromArray(FLOAT, x, j + 3 * step))
          .add(FloatVector.fromArray(FLOAT, x, j + 4 * step))
          .add(FloatVector.fromArray(FLOAT, x, j + 5 * step))
          .add(FloatVector.fromArray(FLOAT, x, j + 6 * step))
          .add(FloatVector.fromArray(FLOAT, x, j + 7 * step))
          .intoArray(to, at + i);
    }
    for (; i < n; i++) {
      float sum = to[at + i];
      for (int r = 0; r < 8; r++) {
        sum += x[from + i + r * step];
      }
      to[at + i] = sum;
    }
  }

  /// The larger of `to[at ...]` and each of `rows` rows.
  static void max(float[] x, int from, int step, int rows, float[] to, int at, int n) {
    int r = 0;
    for (; r <= rows - 4; r += 4) {
      max4(x, from + r * step, step, to, at, n);
    }
    for (; r < rows; r++) {
      Binary.max(to, at, x, from + r * step, to, at, n);
    }
  }

  private static void max4(float[] x, int from, int step, float[] to, int at, int n) {
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      int j = from + i;
      FloatVector a =
          FloatVector.fromArray(FLOAT, x, j).max(FloatVector.fromArray(FLOAT, x, j + step));
      FloatVector b =
          FloatVector.fromArray(FLOAT, x, j + 2 * step)
              .max(FloatVector.fromArray(FLOAT, x, j + 3 * step));
      FloatVector.fromArray(FLOAT, to, at + i).max(a.max(b)).intoArray(to, at + i);
    }
    for (; i < n; i++) {
      float most = to[at + i];
      for (int r = 0; r < 4; r++) {
        most = Math.max(most, x[from + i + r * step]);
      }
      to[at + i] = most;
    }
  }

  /// Running sums down `n` columns: `y[r] = y[r - 1] + x[r]`, starting from zero.
  static void cumSum(float[] x, float[] y, int at, int step, int rows, int n) {
    int i = 0;
    for (; i <= n - 4 * WIDTH; i += 4 * WIDTH) {
      cumSum4(x, y, at + i, step, rows);
    }
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      FloatVector sum = FloatVector.zero(FLOAT);
      for (int r = 0; r < rows; r++) {
        sum = sum.add(FloatVector.fromArray(FLOAT, x, at + i + r * step));
        sum.intoArray(y, at + i + r * step);
      }
    }
    for (; i < n; i++) {
      float sum = 0;
      for (int r = 0; r < rows; r++) {
        sum += x[at + i + r * step];
        y[at + i + r * step] = sum;
      }
    }
  }

  private static void cumSum4(float[] x, float[] y, int at, int step, int rows) {
    FloatVector a = FloatVector.zero(FLOAT);
    FloatVector b = a;
    FloatVector c = a;
    FloatVector d = a;
    for (int r = 0; r < rows; r++) {
      int j = at + r * step;
      a = a.add(FloatVector.fromArray(FLOAT, x, j));
      b = b.add(FloatVector.fromArray(FLOAT, x, j + WIDTH));
      c = c.add(FloatVector.fromArray(FLOAT, x, j + 2 * WIDTH));
      d = d.add(FloatVector.fromArray(FLOAT, x, j + 3 * WIDTH));
      a.intoArray(y, j);
      b.intoArray(y, j + WIDTH);
      c.intoArray(y, j + 2 * WIDTH);
      d.intoArray(y, j + 3 * WIDTH);
    }
  }

  /// Running sums along the rows `from ... to` of `n` elements. Each is a chain of additions that
  /// no vector shortens, so four chains go along together (more would meet in one set of the first
  /// cache where rows are a power of two apart).
  static void cumSumRows(float[] x, float[] y, int from, int to, int n) {
    int o = from;
    for (; o <= to - 4; o += 4) {
      fourRows(x, y, o * n, n);
    }
    for (; o < to; o++) {
      float sum = 0;
      for (int i = o * n; i < (o + 1) * n; i++) {
        sum += x[i];
        y[i] = sum;
      }
    }
  }

  private static void fourRows(float[] x, float[] y, int at, int n) {
    float a = 0;
    float b = 0;
    float c = 0;
    float d = 0;
    for (int i = at; i < at + n; i++) {
      a += x[i];
      b += x[i + n];
      c += x[i + 2 * n];
      d += x[i + 3 * n];
      y[i] = a;
      y[i + n] = b;
      y[i + 2 * n] = c;
      y[i + 3 * n] = d;
    }
  }
}
