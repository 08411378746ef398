package telos.devices.cpu;

import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromArray;
import static jdk.incubator.vector.FloatVector.zero;
import static jdk.incubator.vector.VectorOperators.GT;
import static telos.devices.cpu.Lanes.FLOAT;
import static telos.devices.cpu.Lanes.LOGICAL;
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
    for (; i <= n - WIDTH; i += WIDTH) {
      FloatVector p = fromArray(FLOAT, x, at + i);
      a = a.blend(p, p.compare(GT, a));
    }
    a = a.blend(b, b.compare(GT, a));
    c = c.blend(d, d.compare(GT, c));
    a = a.blend(c, c.compare(GT, a));
    a.intoArray(lanes, 0);
    float most = fold(lanes, 0);
    for (; i < n; i++) {
      most = x[at + i] > most ? x[at + i] : most;
    }
    return most;
  }

  /// The largest of whole sets of lanes at `lanes[k]` and of the `n` elements behind them.
  private static float largest(float[] x, int at, int n, float[] lanes, int k) {
    FloatVector a = fromArray(FLOAT, lanes, k);
    for (int lane = WIDTH; lane < LOGICAL; lane += WIDTH) {
      FloatVector b = fromArray(FLOAT, lanes, k + lane);
      a = a.blend(b, b.compare(GT, a));
    }
    int i = 0;
    for (; i <= n - WIDTH; i += WIDTH) {
      FloatVector b = fromArray(FLOAT, x, at + i);
      a = a.blend(b, b.compare(GT, a));
    }
    a.intoArray(lanes, k);
    float most = fold(lanes, k);
    for (; i < n; i++) {
      most = x[at + i] > most ? x[at + i] : most;
    }
    return most;
  }

  private static float fold(float[] lanes, int k) {
    FloatVector a = fromArray(FLOAT, lanes, k);
    FloatVector b;
    if (WIDTH > 8) {
      b = a.rearrange(RowSums.FOLD_8);
      a = a.blend(b, b.compare(GT, a));
    }
    if (WIDTH > 4) {
      b = a.rearrange(RowSums.FOLD_4);
      a = a.blend(b, b.compare(GT, a));
    }
    b = a.rearrange(RowSums.FOLD_2);
    a = a.blend(b, b.compare(GT, a));
    b = a.rearrange(RowSums.FOLD_1);
    return a.blend(b, b.compare(GT, a)).lane(0);
  }

  /// The sum of `exp(x - shift)` over one row, while the next row, from `next` on, comes from
  /// memory for its [#largest], which is left in `lanes[NEXT]`.
  static float exps(float[] x, int at, float shift, int next, int n, float[] lanes) {
    if (n > Sums.BLOCK) {
      lanes[NEXT] = largest(x, next, n, lanes);
      return longExps(x, at, shift, n, lanes);
    }
    int whole = n & -LOGICAL;
    for (int lane = 0; lane < LOGICAL; lane += WIDTH) {
      FloatVector sum = zero(FLOAT);
      FloatVector best = broadcast(FLOAT, Float.NEGATIVE_INFINITY);
      for (int r = lane; r < whole; r += LOGICAL) {
        FloatVector e = VectorMath.exp(fromArray(FLOAT, x, at + r).sub(shift));
        FloatVector v = fromArray(FLOAT, x, next + r);
        best = best.blend(v, v.compare(GT, best));
        sum = sum.add(e);
      }
      sum.intoArray(lanes, lane);
      best.intoArray(lanes, LOGICAL + lane);
    }
    addExps(x, at + whole, shift, n - whole, lanes);
    lanes[NEXT] = largest(x, next + whole, n - whole, lanes, LOGICAL);
    return RowSums.halve(lanes, 0);
  }

  private static float longExps(float[] x, int at, float shift, int n, float[] lanes) {
    if (n <= Sums.BLOCK) {
      return exps(x, at, shift, at, n, lanes);
    }
    int left = RowSums.left(n);
    return longExps(x, at, shift, left, lanes) + longExps(x, at + left, shift, n - left, lanes);
  }

  private static void addExps(float[] x, int at, float shift, int n, float[] lanes) {
    int r = 0;
    for (; r <= n - WIDTH; r += WIDTH) {
      FloatVector e = VectorMath.exp(fromArray(FLOAT, x, at + r).sub(shift));
      fromArray(FLOAT, lanes, r).add(e).intoArray(lanes, r);
    }
    for (; r < n; r++) {
      float e = VectorMath.exp(x[at + r] - shift);
      lanes[r] += e;
    }
  }

  /// The same, with `y = exp(x - shift)`.
  static float exps(
      float[] x, int at, float shift, float[] y, int to, int next, int n, float[] lanes) {
    if (n > Sums.BLOCK) {
      lanes[NEXT] = largest(x, next, n, lanes);
      return longExps(x, at, shift, y, to, n, lanes);
    }
    int whole = n & -LOGICAL;
    for (int lane = 0; lane < LOGICAL; lane += WIDTH) {
      FloatVector sum = zero(FLOAT);
      FloatVector best = broadcast(FLOAT, Float.NEGATIVE_INFINITY);
      for (int r = lane; r < whole; r += LOGICAL) {
        FloatVector e = VectorMath.exp(fromArray(FLOAT, x, at + r).sub(shift));
        FloatVector v = fromArray(FLOAT, x, next + r);
        best = best.blend(v, v.compare(GT, best));
        e.intoArray(y, to + r);
        sum = sum.add(e);
      }
      sum.intoArray(lanes, lane);
      best.intoArray(lanes, LOGICAL + lane);
    }
    addExps(x, at + whole, shift, y, to + whole, n - whole, lanes);
    lanes[NEXT] = largest(x, next + whole, n - whole, lanes, LOGICAL);
    return RowSums.halve(lanes, 0);
  }

  private static float longExps(
      float[] x, int at, float shift, float[] y, int to, int n, float[] lanes) {
    if (n <= Sums.BLOCK) {
      return exps(x, at, shift, y, to, at, n, lanes);
    }
    int left = RowSums.left(n);
    return longExps(x, at, shift, y, to, left, lanes)
        + longExps(x, at + left, shift, y, to + left, n - left, lanes);
  }

  private static void addExps(
      float[] x, int at, float shift, float[] y, int to, int n, float[] lanes) {
    int r = 0;
    for (; r <= n - WIDTH; r += WIDTH) {
      FloatVector e = VectorMath.exp(fromArray(FLOAT, x, at + r).sub(shift));
      e.intoArray(y, to + r);
      fromArray(FLOAT, lanes, r).add(e).intoArray(lanes, r);
    }
    for (; r < n; r++) {
      float e = VectorMath.exp(x[at + r] - shift);
      y[to + r] = e;
      lanes[r] += e;
    }
  }
}
