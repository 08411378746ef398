package telos.devices.cpu;

import static jdk.incubator.vector.VectorOperators.GT;
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
/// has a long latency, which the next rows hide. All passes are called from one place, which has
/// too many callees for C2 to inline any: each is a unit of its own, and small enough.
///
/// @param x the rows, `row` apart from `at` on
/// @param rows how many
/// @param first scores of the first row
/// @param end room of each row
/// @param scale factor of the scores
/// @param lanes room for the logical lanes of every row
/// @param statistics where each row's maximum and one over its sum go, from `to` on
@SuppressWarnings("ArrayRecordComponent") // never compared
record AttentionRows(
    float[] x,
    int at,
    int row,
    int rows,
    int first,
    int end,
    float scale,
    float[] lanes,
    float[] statistics,
    int to) {
  /// Floats of the rows that go through all passes together: half of a first cache.
  private static final int GROUP = 6144;

  private static final FloatVector INDEX = FloatVector.zero(FLOAT).addIndex(1);

  private interface Pass {
    void run(AttentionRows rows);
  }

  private static final Pass[] SOFTMAX = {
    AttentionRows::mask,
    AttentionRows::scaledMaxima,
    AttentionRows::maxima,
    AttentionRows::exponentials,
    AttentionRows::sums,
    AttentionRows::inverses,
    AttentionRows::normalise
  };

  /// Softmax of the scores times `scale`, in place, 0 behind them; notes each row's maximum and one
  /// over its sum.
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
    int group = Math.max(1, Math.min(rows, GROUP / end));
    float[] lanes = Scratch.take(group * LOGICAL);
    for (int i = 0; i < rows; i += group) {
      int some = Math.min(group, rows - i);
      var part =
          new AttentionRows(
              x, at + i * row, row, some, first + i, end, scale, lanes, statistics, to + 2 * i);
      for (Pass pass : SOFTMAX) {
        pass.run(part);
      }
    }
    Scratch.give(lanes);
  }

  private int at(int i) {
    return at + i * row;
  }

  /// Scores of row `i`, rounded up to whole logical lanes.
  private int padded(int i) {
    return (first + i + LOGICAL - 1) & -LOGICAL;
  }

  /// Scales the last 64 places of each row, of which at least one is a score; behind the scores
  /// stands minus infinity, so weights there are +0 and add nothing to a lane.
  private void mask() {
    for (int i = 0; i < rows; i++) {
      int n = first + i;
      int from = at(i);
      for (int j = end - Heads.TILE; j < end; j += WIDTH) {
        VectorMask<Float> score = INDEX.compare(LT, (float) (n - j));
        FloatVector v = load(x, from + j).mul(scale);
        Lanes.fill(Float.NEGATIVE_INFINITY).blend(v, score).intoArray(x, from + j);
      }
    }
  }

  /// Scales the places before, and notes the largest numbers by lane, four registers at a time: a
  /// comparison and a blend wait for those before them.
  private void scaledMaxima() {
    for (int i = 0; i < rows; i++) {
      FloatVector a = Lanes.fill(Float.NEGATIVE_INFINITY);
      FloatVector b = a;
      FloatVector c = a;
      FloatVector d = a;
      int masked = at(i) + end - Heads.TILE;
      for (int j = at(i); j < masked; j += 4 * WIDTH) {
        FloatVector p = load(x, j).mul(scale);
        FloatVector q = load(x, j + WIDTH).mul(scale);
        FloatVector r = load(x, j + 2 * WIDTH).mul(scale);
        FloatVector s = load(x, j + 3 * WIDTH).mul(scale);
        p.intoArray(x, j);
        q.intoArray(x, j + WIDTH);
        r.intoArray(x, j + 2 * WIDTH);
        s.intoArray(x, j + 3 * WIDTH);
        a = a.blend(p, p.compare(GT, a));
        b = b.blend(q, q.compare(GT, b));
        c = c.blend(r, r.compare(GT, c));
        d = d.blend(s, s.compare(GT, d));
      }
      a = a.blend(b, b.compare(GT, a));
      c = c.blend(d, d.compare(GT, c));
      a.blend(c, c.compare(GT, a)).intoArray(lanes, i * LOGICAL);
    }
  }

  /// The largest number of each row; a zero is +0.
  private void maxima() {
    for (int i = 0; i < rows; i++) {
      FloatVector best = load(lanes, i * LOGICAL);
      for (int j = at(i) + end - Heads.TILE; j < at(i) + end; j += WIDTH) {
        FloatVector v = load(x, j);
        best = best.blend(v, v.compare(GT, best));
      }
      statistics[to + 2 * i] = Fold.largest(best) + 0f;
    }
  }

  private void exponentials() {
    for (int i = 0; i < rows; i++) {
      float max = statistics[to + 2 * i];
      int behind = at(i) + padded(i);
      for (int j = at(i); j < behind; j += WIDTH) {
        VectorMath.exp(load(x, j).sub(max)).intoArray(x, j);
      }
    }
  }

  private void sums() {
    for (int i = 0; i < rows && end <= Sums.BLOCK; i++) {
      Fold.lanes(x, at(i), padded(i), lanes, i * LOGICAL);
    }
  }

  private void inverses() {
    for (int i = 0; i < rows; i++) {
      float sum =
          end <= Sums.BLOCK ? Fold.halved(lanes, i * LOGICAL) : Sums.sum(x, at(i), padded(i));
      statistics[to + 2 * i + 1] = 1 / sum;
    }
  }

  private void normalise() {
    for (int i = 0; i < rows; i++) {
      float inverse = statistics[to + 2 * i + 1];
      int behind = at(i) + padded(i);
      for (int j = at(i); j < behind; j += WIDTH) {
        load(x, j).mul(inverse).intoArray(x, j);
      }
      for (int j = behind; j < at(i) + end; j += WIDTH) {
        Lanes.zero().intoArray(x, j);
      }
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
