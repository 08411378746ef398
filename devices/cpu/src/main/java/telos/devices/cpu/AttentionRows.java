package telos.devices.cpu;

import static jdk.incubator.vector.VectorOperators.LT;
import static telos.devices.cpu.Lanes.FLOAT;
import static telos.devices.cpu.Lanes.LOGICAL;
import static telos.devices.cpu.Lanes.WIDTH;
import static telos.devices.cpu.Lanes.load;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/// What happens to a tile of rows of attention between its products. Each rounding is that of the
/// definition.
///
/// Row `i` of a causal tile has `first + i` scores and room up to `end`, a multiple of 64 that is
/// less than 64 beyond any row's scores. Passes run over whole registers and over several rows at a
/// time, a few kilobytes of them: what ends a row (folding a register into one number, a division)
/// has a long latency, which the next rows hide.
final class AttentionRows {
  /// Floats of the rows that go through all passes together: half of a first cache.
  private static final int GROUP = 6144;

  private static final FloatVector INDEX = FloatVector.zero(FLOAT).addIndex(1);

  private AttentionRows() {}

  /// Softmax of the scores times `scale`, in place, 0 behind them; notes each row's maximum and one
  /// over its sum in `statistics[to], statistics[to + 1], ...`.
  static void softmax(
      float[] x,
      int at,
      int row,
      int rows,
      int first,
      int end,
      float scale,
      float[] statistics,
      int to) {
    int group = Math.max(1, GROUP / end);
    float[] lanes = Scratch.take(Math.min(rows, group) * LOGICAL);
    for (int i = 0; i < rows; i += group) {
      int some = Math.min(group, rows - i);
      int from = at + i * row;
      int notes = to + 2 * i;
      maxima(x, from, row, some, first + i, end, scale, statistics, notes);
      exponentials(x, from, row, some, first + i, statistics, notes);
      inverses(x, from, row, some, first + i, lanes, statistics, notes);
      normalise(x, from, row, some, first + i, end, statistics, notes);
    }
    Scratch.give(lanes);
  }

  /// `x = x scale`, minus infinity behind the scores, and the largest of these that is a number; a
  /// zero is +0.
  private static void maxima(
      float[] x,
      int at,
      int row,
      int rows,
      int first,
      int end,
      float scale,
      float[] statistics,
      int to) {
    for (int i = 0; i < rows; i++) {
      mask(x, at + i * row, first + i, end, scale);
      statistics[to + 2 * i] =
          0f + Fold.largest(scaledMax(x, at + i * row, end - Heads.TILE, end, scale));
    }
  }

  /// Scales the last 64 places of a row, of which at least one is a score.
  private static void mask(float[] x, int at, int n, int end, float scale) {
    for (int j = end - Heads.TILE; j < end; j += WIDTH) {
      VectorMask<Float> score = INDEX.compare(LT, (float) (n - j));
      FloatVector v = load(x, at + j).mul(scale);
      Lanes.fill(Float.NEGATIVE_INFINITY).blend(v, score).intoArray(x, at + j);
    }
  }

  /// Scales the places before `masked` and returns the largest by lane, four registers at a time: a
  /// comparison and a blend depend on those before them.
  private static FloatVector scaledMax(float[] x, int at, int masked, int end, float scale) {
    FloatVector a = Lanes.fill(Float.NEGATIVE_INFINITY);
    FloatVector b = a;
    FloatVector c = a;
    FloatVector d = a;
    for (int i = at; i < at + masked; i += 4 * WIDTH) {
      FloatVector p = FloatVector.fromArray(FLOAT, x, i).mul(scale);
      FloatVector q = FloatVector.fromArray(FLOAT, x, i + WIDTH).mul(scale);
      FloatVector r = FloatVector.fromArray(FLOAT, x, i + 2 * WIDTH).mul(scale);
      FloatVector s = FloatVector.fromArray(FLOAT, x, i + 3 * WIDTH).mul(scale);
      p.intoArray(x, i);
      q.intoArray(x, i + WIDTH);
      r.intoArray(x, i + 2 * WIDTH);
      s.intoArray(x, i + 3 * WIDTH);
      a = Fold.larger(a, p);
      b = Fold.larger(b, q);
      c = Fold.larger(c, r);
      d = Fold.larger(d, s);
    }
    for (int i = at + masked; i < at + end; i += WIDTH) {
      FloatVector v = load(x, i);
      a = Fold.larger(a, v);
    }
    a = Fold.larger(a, b);
    c = Fold.larger(c, d);
    return Fold.larger(a, c);
  }

  /// `x = exp(x - max)` up to a whole number of logical lanes.
  private static void exponentials(
      float[] x, int at, int row, int rows, int first, float[] statistics, int to) {
    for (int i = 0; i < rows; i++) {
      int from = at + i * row;
      exponential(x, from, from + padded(first + i), statistics[to + 2 * i]);
    }
  }

  private static void exponential(float[] x, int from, int end, float max) {
    for (int j = from; j < end; j += WIDTH) {
      VectorMath.exp(load(x, j).sub(max)).intoArray(x, j);
    }
  }

  private static int padded(int n) {
    return (n + LOGICAL - 1) & -LOGICAL;
  }

  /// One over the sum of each row.
  private static void inverses(
      float[] x, int at, int row, int rows, int first, float[] lanes, float[] statistics, int to) {
    if (padded(first + rows - 1) > Sums.BLOCK) {
      for (int i = 0; i < rows; i++) {
        statistics[to + 2 * i + 1] = 1 / Sums.sum(x, at + i * row, padded(first + i));
      }
      return;
    }
    for (int i = 0; i < rows; i++) {
      Fold.lanes(x, at + i * row, padded(first + i), lanes, i * LOGICAL);
    }
    for (int i = 0; i < rows; i++) {
      statistics[to + 2 * i + 1] = 1 / Fold.halved(lanes, i * LOGICAL);
    }
  }

  private static void normalise(
      float[] x, int at, int row, int rows, int first, int end, float[] statistics, int to) {
    for (int i = 0; i < rows; i++) {
      int from = at + i * row;
      int behind = from + padded(first + i);
      scale(x, from, behind, statistics[to + 2 * i + 1]);
      for (int j = behind; j < from + end; j += WIDTH) {
        Lanes.zero().intoArray(x, j);
      }
    }
  }

  private static void scale(float[] x, int from, int end, float factor) {
    for (int j = from; j < end; j += WIDTH) {
      load(x, j).mul(factor).intoArray(x, j);
    }
  }

  /// `x = exp(x scale - max) inverse`: the weights again, from what the softmax noted.
  static void weights(float[] x, int at, int n, int end, float scale, float max, float inverse) {
    int padded = (n + WIDTH - 1) & -WIDTH;
    for (int i = at; i < at + padded; i += WIDTH) {
      VectorMath.exp(load(x, i).mul(scale).sub(max)).mul(inverse).intoArray(x, i);
    }
    clear(x, at, n, end);
  }

  /// `x = p (x - along) scale`: the gradient of the scores before scaling.
  static void gradient(
      float[] p, int pAt, float[] x, int at, int n, int end, float along, float scale) {
    int padded = (n + WIDTH - 1) & -WIDTH;
    for (int i = 0; i < padded; i += WIDTH) {
      load(p, pAt + i).mul(load(x, at + i).sub(along)).mul(scale).intoArray(x, at + i);
    }
    clear(x, at, n, end);
  }

  /// `x[at + n ... at + end) = 0`, where `end` is a whole number of registers.
  private static void clear(float[] x, int at, int n, int end) {
    int j = n & -WIDTH;
    if (j < n) {
      VectorMask<Float> kept = INDEX.compare(LT, (float) (n - j));
      Lanes.zero().blend(load(x, at + j), kept).intoArray(x, at + j);
      j += WIDTH;
    }
    for (; j < end; j += WIDTH) {
      Lanes.zero().intoArray(x, at + j);
    }
  }

  /// `x = x + 0`: a zero of either sign becomes +0.
  static void addZero(float[] x, int at, int n) {
    int bound = at + FLOAT.loopBound(n);
    for (int i = at; i < bound; i += WIDTH) {
      load(x, i).add(0f).intoArray(x, i);
    }
    for (int i = bound; i < at + n; i++) {
      x[i] += 0f;
    }
  }
}
