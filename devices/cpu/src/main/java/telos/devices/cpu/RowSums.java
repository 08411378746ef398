package telos.devices.cpu;

import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromArray;
import static jdk.incubator.vector.FloatVector.zero;
import static jdk.incubator.vector.VectorOperators.GT;
import static telos.devices.cpu.Lanes.FLOAT;
import static telos.devices.cpu.Lanes.LOGICAL;
import static telos.devices.cpu.Lanes.WIDTH;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShuffle;

/// The numbers that row kernels gather from a row of `n` elements: the largest element, and sums of
/// what is computed on the way, in the order of [Sums].
///
/// Nothing is allocated here: `lanes` are the caller's [#LANES] floats, overwritten by every call.
/// A register's lanes go down the row alone where an element costs more than the latency of an
/// addition, two registers at a time where it does not; a row is in the first cache by then.
final class RowSums {
  /// Where a kernel leaves its second result.
  static final int NEXT = 2 * LOGICAL;

  /// Floats that `lanes` holds.
  static final int LANES = NEXT + 1;

  private static final VectorShuffle<Float> FOLD_8 = VectorShuffle.iota(FLOAT, 8, 1, true);
  private static final VectorShuffle<Float> FOLD_4 = VectorShuffle.iota(FLOAT, 4, 1, true);
  private static final VectorShuffle<Float> FOLD_2 = VectorShuffle.iota(FLOAT, 2, 1, true);
  private static final VectorShuffle<Float> FOLD_1 = VectorShuffle.iota(FLOAT, 1, 1, true);

  private RowSums() {}

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
      b = a.rearrange(FOLD_8);
      a = a.blend(b, b.compare(GT, a));
    }
    if (WIDTH > 4) {
      b = a.rearrange(FOLD_4);
      a = a.blend(b, b.compare(GT, a));
    }
    b = a.rearrange(FOLD_2);
    a = a.blend(b, b.compare(GT, a));
    b = a.rearrange(FOLD_1);
    return a.blend(b, b.compare(GT, a)).lane(0);
  }

  /// Combines lanes by halving, 16 and 16 first. Lanes never hold -0, so missing ones may be +0.
  private static float halve(float[] lanes, int at) {
    for (int half = LOGICAL / 2; half >= WIDTH; half /= 2) {
      for (int i = at; i < at + half; i += WIDTH) {
        fromArray(FLOAT, lanes, i).add(fromArray(FLOAT, lanes, half + i)).intoArray(lanes, i);
      }
    }
    FloatVector v = fromArray(FLOAT, lanes, at);
    if (WIDTH > 8) {
      v = v.add(v.rearrange(FOLD_8));
    }
    if (WIDTH > 4) {
      v = v.add(v.rearrange(FOLD_4));
    }
    v = v.add(v.rearrange(FOLD_2));
    return v.add(v.rearrange(FOLD_1)).lane(0);
  }

  /// How many of more than one block's elements the left branch of [Sums]' tree holds: the largest
  /// power of two of blocks that leaves something to the right.
  private static int left(int n) {
    return Sums.BLOCK * Integer.highestOneBit((n - 1) / Sums.BLOCK);
  }

  /// The sum of `x`.
  static float sum(float[] x, int at, int n, float[] lanes) {
    if (n > Sums.BLOCK) {
      int left = left(n);
      return sum(x, at, left, lanes) + sum(x, at + left, n - left, lanes);
    }
    int whole = n & -LOGICAL;
    for (int lane = 0; lane < LOGICAL; lane += 2 * WIDTH) {
      FloatVector low = zero(FLOAT);
      FloatVector high = zero(FLOAT);
      for (int r = lane; r < whole; r += LOGICAL) {
        low = low.add(fromArray(FLOAT, x, at + r));
        high = high.add(fromArray(FLOAT, x, at + r + WIDTH));
      }
      low.intoArray(lanes, lane);
      high.intoArray(lanes, lane + WIDTH);
    }
    add(x, at + whole, n - whole, lanes, 0);
    return halve(lanes, 0);
  }

  /// Adds the `n` elements behind the last whole set of lanes.
  private static void add(float[] x, int at, int n, float[] lanes, int to) {
    int r = 0;
    for (; r <= n - WIDTH; r += WIDTH) {
      fromArray(FLOAT, lanes, to + r).add(fromArray(FLOAT, x, at + r)).intoArray(lanes, to + r);
    }
    for (; r < n; r++) {
      lanes[to + r] += x[at + r];
    }
  }

  private static void addSquares(float[] x, int at, float mean, int n, float[] lanes, int to) {
    int r = 0;
    for (; r <= n - WIDTH; r += WIDTH) {
      FloatVector u = fromArray(FLOAT, x, at + r).sub(mean);
      fromArray(FLOAT, lanes, to + r).add(u.mul(u)).intoArray(lanes, to + r);
    }
    for (; r < n; r++) {
      float u = x[at + r] - mean;
      lanes[to + r] += u * u;
    }
  }

  /// The sum of `(x - mean)^2`.
  static float squares(float[] x, int at, float mean, int n, float[] lanes) {
    if (n > Sums.BLOCK) {
      int left = left(n);
      return squares(x, at, mean, left, lanes) + squares(x, at + left, mean, n - left, lanes);
    }
    int whole = n & -LOGICAL;
    for (int lane = 0; lane < LOGICAL; lane += 2 * WIDTH) {
      FloatVector low = zero(FLOAT);
      FloatVector high = zero(FLOAT);
      for (int r = lane; r < whole; r += LOGICAL) {
        FloatVector u = fromArray(FLOAT, x, at + r).sub(mean);
        FloatVector v = fromArray(FLOAT, x, at + r + WIDTH).sub(mean);
        low = low.add(u.mul(u));
        high = high.add(v.mul(v));
      }
      low.intoArray(lanes, lane);
      high.intoArray(lanes, lane + WIDTH);
    }
    addSquares(x, at + whole, mean, n - whole, lanes, 0);
    return halve(lanes, 0);
  }

  /// The sums of two rows at once, that of the second left in `lanes[NEXT]`.
  static float sum(float[] x, int at, int second, int n, float[] lanes) {
    if (n > Sums.BLOCK) {
      lanes[NEXT] = sum(x, second, n, lanes);
      return sum(x, at, n, lanes);
    }
    int whole = n & -LOGICAL;
    for (int lane = 0; lane < LOGICAL; lane += 2 * WIDTH) {
      FloatVector a = zero(FLOAT);
      FloatVector b = zero(FLOAT);
      FloatVector c = zero(FLOAT);
      FloatVector d = zero(FLOAT);
      for (int r = lane; r < whole; r += LOGICAL) {
        a = a.add(fromArray(FLOAT, x, at + r));
        b = b.add(fromArray(FLOAT, x, at + r + WIDTH));
        c = c.add(fromArray(FLOAT, x, second + r));
        d = d.add(fromArray(FLOAT, x, second + r + WIDTH));
      }
      a.intoArray(lanes, lane);
      b.intoArray(lanes, lane + WIDTH);
      c.intoArray(lanes, LOGICAL + lane);
      d.intoArray(lanes, LOGICAL + lane + WIDTH);
    }
    add(x, at + whole, n - whole, lanes, 0);
    add(x, second + whole, n - whole, lanes, LOGICAL);
    lanes[NEXT] = halve(lanes, LOGICAL);
    return halve(lanes, 0);
  }

  /// The sums of `(x - mean)^2` and `(x - secondMean)^2` of two rows at once, that of the second
  /// left in `lanes[NEXT]`.
  static float squares(
      float[] x, int at, float mean, int second, float secondMean, int n, float[] lanes) {
    if (n > Sums.BLOCK) {
      lanes[NEXT] = squares(x, second, secondMean, n, lanes);
      return squares(x, at, mean, n, lanes);
    }
    int whole = n & -LOGICAL;
    for (int lane = 0; lane < LOGICAL; lane += 2 * WIDTH) {
      FloatVector a = zero(FLOAT);
      FloatVector b = zero(FLOAT);
      FloatVector c = zero(FLOAT);
      FloatVector d = zero(FLOAT);
      for (int r = lane; r < whole; r += LOGICAL) {
        FloatVector p = fromArray(FLOAT, x, at + r).sub(mean);
        FloatVector q = fromArray(FLOAT, x, at + r + WIDTH).sub(mean);
        FloatVector u = fromArray(FLOAT, x, second + r).sub(secondMean);
        FloatVector v = fromArray(FLOAT, x, second + r + WIDTH).sub(secondMean);
        a = a.add(p.mul(p));
        b = b.add(q.mul(q));
        c = c.add(u.mul(u));
        d = d.add(v.mul(v));
      }
      a.intoArray(lanes, lane);
      b.intoArray(lanes, lane + WIDTH);
      c.intoArray(lanes, LOGICAL + lane);
      d.intoArray(lanes, LOGICAL + lane + WIDTH);
    }
    addSquares(x, at + whole, mean, n - whole, lanes, 0);
    addSquares(x, second + whole, secondMean, n - whole, lanes, LOGICAL);
    lanes[NEXT] = halve(lanes, LOGICAL);
    return halve(lanes, 0);
  }

  /// The sum of `x y`.
  static float dot(float[] x, int i, float[] y, int j, int n, float[] lanes) {
    if (n > Sums.BLOCK) {
      int left = left(n);
      return dot(x, i, y, j, left, lanes) + dot(x, i + left, y, j + left, n - left, lanes);
    }
    int whole = n & -LOGICAL;
    for (int lane = 0; lane < LOGICAL; lane += 2 * WIDTH) {
      FloatVector low = zero(FLOAT);
      FloatVector high = zero(FLOAT);
      for (int r = lane; r < whole; r += LOGICAL) {
        low = low.add(fromArray(FLOAT, x, i + r).mul(fromArray(FLOAT, y, j + r)));
        high = high.add(fromArray(FLOAT, x, i + r + WIDTH).mul(fromArray(FLOAT, y, j + r + WIDTH)));
      }
      low.intoArray(lanes, lane);
      high.intoArray(lanes, lane + WIDTH);
    }
    int r = whole;
    for (; r <= n - WIDTH; r += WIDTH) {
      FloatVector product = fromArray(FLOAT, x, i + r).mul(fromArray(FLOAT, y, j + r));
      fromArray(FLOAT, lanes, r - whole).add(product).intoArray(lanes, r - whole);
    }
    for (; r < n; r++) {
      lanes[r - whole] += x[i + r] * y[j + r];
    }
    return halve(lanes, 0);
  }

  /// With `h = g gain`, `gain` of the row from `k` on: the sum of `h ((x - mean) rstd)`; that of
  /// `h` is left in `lanes[NEXT]`.
  static float along(
      float[] x,
      int at,
      float mean,
      float rstd,
      float[] g,
      float[] gain,
      int k,
      int n,
      float[] lanes) {
    if (n > Sums.BLOCK) {
      int left = left(n);
      float along = along(x, at, mean, rstd, g, gain, k, left, lanes);
      float sum = lanes[NEXT];
      along += along(x, at + left, mean, rstd, g, gain, k + left, n - left, lanes);
      lanes[NEXT] = sum + lanes[NEXT];
      return along;
    }
    int whole = n & -LOGICAL;
    for (int lane = 0; lane < LOGICAL; lane += WIDTH) {
      FloatVector along = zero(FLOAT);
      FloatVector sum = zero(FLOAT);
      for (int r = lane; r < whole; r += LOGICAL) {
        FloatVector normal = fromArray(FLOAT, x, at + r).sub(mean).mul(rstd);
        FloatVector h = fromArray(FLOAT, g, at + r).mul(fromArray(FLOAT, gain, k + r));
        along = along.add(h.mul(normal));
        sum = sum.add(h);
      }
      along.intoArray(lanes, lane);
      sum.intoArray(lanes, LOGICAL + lane);
    }
    int r = whole;
    for (; r <= n - WIDTH; r += WIDTH) {
      FloatVector normal = fromArray(FLOAT, x, at + r).sub(mean).mul(rstd);
      FloatVector h = fromArray(FLOAT, g, at + r).mul(fromArray(FLOAT, gain, k + r));
      int to = r - whole;
      fromArray(FLOAT, lanes, to).add(h.mul(normal)).intoArray(lanes, to);
      fromArray(FLOAT, lanes, LOGICAL + to).add(h).intoArray(lanes, LOGICAL + to);
    }
    for (; r < n; r++) {
      float h = g[at + r] * gain[k + r];
      lanes[r - whole] += h * ((x[at + r] - mean) * rstd);
      lanes[LOGICAL + r - whole] += h;
    }
    lanes[NEXT] = halve(lanes, LOGICAL);
    return halve(lanes, 0);
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
    return halve(lanes, 0);
  }

  private static float longExps(float[] x, int at, float shift, int n, float[] lanes) {
    if (n <= Sums.BLOCK) {
      return exps(x, at, shift, at, n, lanes);
    }
    int left = left(n);
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
    return halve(lanes, 0);
  }

  private static float longExps(
      float[] x, int at, float shift, float[] y, int to, int n, float[] lanes) {
    if (n <= Sums.BLOCK) {
      return exps(x, at, shift, y, to, at, n, lanes);
    }
    int left = left(n);
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
