package telos.devices.cpu;

import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromArray;
import static jdk.incubator.vector.FloatVector.zero;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LT;
import static telos.devices.cpu.Lanes.FLOAT;
import static telos.devices.cpu.Lanes.LOGICAL;
import static telos.devices.cpu.Lanes.WIDTH;
import static telos.devices.cpu.Lanes.exact;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/// What happens to a tile of rows of attention between its products. Each rounding is that of the
/// definition.
///
/// Which places of a row are scores says [Seen]. Passes run over whole registers and over several
/// rows at a time, a few kilobytes of them: what ends a row (folding a register into one number, a
/// division) has a long latency, which the next rows hide. All passes are called from one place,
/// which has too many callees for C2 to inline any: each is a unit of its own, and small enough.
///
/// @param x the rows, `row` apart from `at` on
/// @param rows how many
/// @param seen the scores of each row
/// @param scale factor of the scores
/// @param lanes room for the logical lanes of every row
/// @param statistics where each row's maximum and one over its sum go, from `to` on
@SuppressWarnings("ArrayRecordComponent") // never compared
record AttentionRows(
    float[] x,
    int at,
    int row,
    int rows,
    Seen seen,
    float scale,
    float[] lanes,
    float[] statistics,
    int to) {
  /// The scores of a tile of rows: row `i` has them from place `max(0, from + i)` up to `to + i`.
  ///
  /// Places before `begin` are not used, and those up to `end` are room. Both are multiples of 64,
  /// and each row's first and last score lie less than 128 behind `begin` and at most 64 before
  /// `end`.
  record Seen(int begin, int from, int to, int end) {
    /// The tile whose first row is position `t`.
    static Seen of(Heads heads, int t, int end) {
      int from = Math.max(-2 * Heads.TILE, t + 1 - heads.window());
      return new Seen(heads.begin(t), from, t + 1, end);
    }

    Seen after(int rows) {
      return new Seen(begin, from + rows, to + rows, end);
    }

    /// Where the places end that may lie before some row's window, or the last 64.
    int front() {
      int last = end - Heads.TILE;
      return from + Heads.TILE <= 0 ? begin : Math.min(last, begin + 2 * Heads.TILE);
    }
  }

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

  /// Softmax of the scores times `scale`, in place, 0 around them; notes each row's maximum and one
  /// over its sum.
  static void softmax(
      float[] x, int at, int row, int rows, Seen seen, float scale, float[] statistics, int to) {
    int group = Math.max(1, Math.min(rows, GROUP / (seen.end() - seen.begin())));
    float[] lanes = Scratch.take(group * LOGICAL);
    for (int i = 0; i < rows; i += group) {
      int some = Math.min(group, rows - i);
      var part =
          new AttentionRows(
              x, at + i * row, row, some, seen.after(i), scale, lanes, statistics, to + 2 * i);
      for (Pass pass : SOFTMAX) {
        pass.run(part);
      }
    }
    Scratch.give(lanes);
  }

  private int at(int i) {
    return at + i * row;
  }

  /// Scores of row `i` and places before them, rounded up to whole logical lanes.
  private int padded(int i) {
    return (seen.to() + i + LOGICAL - 1) & -LOGICAL;
  }

  /// Scales the last 64 places of each row, of which at least one is a score, and those before some
  /// window; around the scores stands minus infinity, so weights there are +0 and add nothing to a
  /// lane.
  private void mask() {
    int front = seen.front();
    for (int i = 0; i < rows; i++) {
      mask(at(i), seen.begin(), front, i);
      mask(at(i), seen.end() - Heads.TILE, seen.end(), i);
    }
  }

  private void mask(int row, int from, int to, int i) {
    for (int j = from; j < to; j += WIDTH) {
      VectorMask<Float> score =
          INDEX
              .compare(LT, (float) (seen.to() + i - j))
              .andNot(INDEX.compare(LT, (float) (seen.from() + i - j)));
      FloatVector v = fromArray(FLOAT, x, row + j).mul(scale);
      broadcast(FLOAT, Float.NEGATIVE_INFINITY).blend(v, score).intoArray(x, row + j);
    }
  }

  /// Scales the places before, and notes the largest numbers by lane, four registers at a time: a
  /// comparison and a blend wait for those before them.
  private void scaledMaxima() {
    for (int i = 0; i < rows; i++) {
      FloatVector a = broadcast(FLOAT, Float.NEGATIVE_INFINITY);
      FloatVector b = a;
      FloatVector c = a;
      FloatVector d = a;
      int masked = at(i) + seen.end() - Heads.TILE;
      for (int j = at(i) + seen.front(); j < masked; j += 4 * WIDTH) {
        FloatVector p = fromArray(FLOAT, x, j).mul(scale);
        FloatVector q = fromArray(FLOAT, x, j + WIDTH).mul(scale);
        FloatVector r = fromArray(FLOAT, x, j + 2 * WIDTH).mul(scale);
        FloatVector s = fromArray(FLOAT, x, j + 3 * WIDTH).mul(scale);
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
    int front = seen.front();
    for (int i = 0; i < rows; i++) {
      FloatVector best = fromArray(FLOAT, lanes, i * LOGICAL);
      best = largest(best, at(i) + seen.begin(), at(i) + front);
      best = largest(best, at(i) + seen.end() - Heads.TILE, at(i) + seen.end());
      best.intoArray(lanes, i * LOGICAL);
      statistics[to + 2 * i] = Fold.largest(lanes, i * LOGICAL) + 0f;
    }
  }

  private FloatVector largest(FloatVector known, int from, int to) {
    FloatVector best = exact(known);
    for (int j = from; j < to; j += WIDTH) {
      FloatVector v = fromArray(FLOAT, x, j);
      best = best.blend(v, v.compare(GT, best));
    }
    return best;
  }

  private void exponentials() {
    for (int i = 0; i < rows; i++) {
      float max = statistics[to + 2 * i];
      int behind = at(i) + padded(i);
      for (int j = at(i) + seen.begin(); j < behind; j += WIDTH) {
        VectorMath.exp(fromArray(FLOAT, x, j).sub(max)).intoArray(x, j);
      }
    }
  }

  /// What stands before the window is 0 and changes no lane; over several blocks it counts as a
  /// place in their tree.
  private void sums() {
    int begin = seen.begin();
    for (int i = 0; i < rows; i++) {
      if (seen.end() <= Sums.BLOCK) {
        Fold.lanes(x, at(i) + begin, padded(i) - begin, lanes, i * LOGICAL);
      } else {
        Arrays.fill(x, at(i), at(i) + begin, 0f);
      }
    }
  }

  private void inverses() {
    for (int i = 0; i < rows; i++) {
      float sum =
          seen.end() <= Sums.BLOCK
              ? Fold.halved(lanes, i * LOGICAL)
              : Sums.sum(x, at(i), padded(i));
      statistics[to + 2 * i + 1] = 1 / sum;
    }
  }

  private void normalise() {
    for (int i = 0; i < rows; i++) {
      float inverse = statistics[to + 2 * i + 1];
      int behind = at(i) + padded(i);
      for (int j = at(i) + seen.begin(); j < behind; j += WIDTH) {
        fromArray(FLOAT, x, j).mul(inverse).intoArray(x, j);
      }
      for (int j = behind; j < at(i) + seen.end(); j += WIDTH) {
        zero(FLOAT).intoArray(x, j);
      }
    }
  }

  /// `x = x + 0`: a zero of either sign becomes +0.
  static void addZero(float[] x, int at, int n) {
    int bound = at + FLOAT.loopBound(n);
    for (int i = at; i < bound; i += WIDTH) {
      fromArray(FLOAT, x, i).add(0f).intoArray(x, i);
    }
    for (int i = bound; i < at + n; i++) {
      x[i] += 0f;
    }
  }
}
