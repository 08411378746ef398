package telos.devices.cpu;

import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromArray;
import static jdk.incubator.vector.VectorOperators.GT;
import static telos.devices.cpu.Lanes.FLOAT;
import static telos.devices.cpu.Lanes.WIDTH;
import static telos.devices.cpu.RowSums.NEXT;

import jdk.incubator.vector.FloatVector;

/// The largest element of a row of `n` elements and the sum of its exponentials, which is in the
/// order of [Sums]. `lanes` as in [RowSums].
final class RowExps {
  private RowExps() {}

  /// The largest element that is a number; whether a zero among several is -0 or +0 is open. Four
  /// registers, because a comparison and a blend take several cycles.
  static float largest(float[] x, int at, int n, float[] lanes) {
    FloatVector a = broadcast(FLOAT, Float.NEGATIVE_INFINITY);
    FloatVector b = a;
    FloatVector c = a;
    FloatVector d = a;
    int i = 0;
    for (; i <= n - 4 * WIDTH; i += 4 * WIDTH) {
      FloatVector p = fromArray(FLOAT, x, at + i);
      FloatVector q = fromArray(FLOAT, x, at + i + WIDTH);
      FloatVector r = fromArray(FLOAT, x, at + i + 2 * WIDTH);
      FloatVector s = fromArray(FLOAT, x, at + i + 3 * WIDTH);
      a = a.blend(p, p.compare(GT, a));
      b = b.blend(q, q.compare(GT, b));
      c = c.blend(r, r.compare(GT, c));
      d = d.blend(s, s.compare(GT, d));
    }
    a = a.blend(b, b.compare(GT, a));
    c = c.blend(d, d.compare(GT, c));
    a.blend(c, c.compare(GT, a)).intoArray(lanes, 0);
    float most = Fold.largest(lanes, 0);
    for (; i < n; i++) {
      most = x[at + i] > most ? x[at + i] : most;
    }
    return most;
  }

  /// `y = exp(x - shift)` of one row and its sum, while the next row, from `next` on, comes from
  /// memory for its [#largest], which is left in `lanes[NEXT]`.
  static float exps(
      float[] x, int at, float shift, float[] y, int to, int next, int n, float[] lanes) {
    int whole = FLOAT.loopBound(n);
    float most = Float.NEGATIVE_INFINITY;
    if (whole > 0) {
      expLanes(x, at, shift, y, to, next, whole, lanes);
      most = Fold.largest(lanes, 0);
    }
    for (int i = whole; i < n; i++) {
      y[to + i] = VectorMath.exp(x[at + i] - shift);
      most = x[next + i] > most ? x[next + i] : most;
    }
    lanes[NEXT] = most;
    return RowSums.sum(y, to, n, lanes);
  }

  /// The largest are kept in memory: in a register from one step of this long a loop to the next C2
  /// boxes them in some processes, ten times slower.
  private static void expLanes(
      float[] x, int at, float shift, float[] y, int to, int next, int n, float[] lanes) {
    broadcast(FLOAT, Float.NEGATIVE_INFINITY).intoArray(lanes, 0);
    for (int i = 0; i < n; i += WIDTH) {
      VectorMath.exp(fromArray(FLOAT, x, at + i).sub(shift)).intoArray(y, to + i);
      FloatVector v = fromArray(FLOAT, x, next + i);
      FloatVector best = fromArray(FLOAT, lanes, 0);
      best.blend(v, v.compare(GT, best)).intoArray(lanes, 0);
    }
  }

  /// The sum alone; `piece` has room for [Sums#BLOCK] floats, which stay in the first cache.
  static float exps(float[] x, int at, float shift, int next, int n, float[] piece, float[] lanes) {
    if (n <= Sums.BLOCK) {
      return exps(x, at, shift, piece, 0, next, n, lanes);
    }
    int left = RowSums.left(n);
    float sum = exps(x, at, shift, next, left, piece, lanes);
    float most = lanes[NEXT];
    sum += exps(x, at + left, shift, next + left, n - left, piece, lanes);
    lanes[NEXT] = lanes[NEXT] > most ? lanes[NEXT] : most;
    return sum;
  }
}
