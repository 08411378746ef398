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
/// Nothing is allocated here: `lanes` are the caller's [Lanes#LOGICAL] floats, overwritten by every
/// call. A register's lanes go down the row alone where an element costs more than the latency of
/// an addition, two registers at a time where it does not; a row is in the first cache by then.
final class RowSums {
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
    float most = largest(lanes);
    for (; i < n; i++) {
      most = x[at + i] > most ? x[at + i] : most;
    }
    return most;
  }

  private static float largest(float[] lanes) {
    FloatVector a = fromArray(FLOAT, lanes, 0);
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
  private static float halve(float[] lanes) {
    for (int half = LOGICAL / 2; half >= WIDTH; half /= 2) {
      for (int i = 0; i < half; i += WIDTH) {
        fromArray(FLOAT, lanes, i).add(fromArray(FLOAT, lanes, half + i)).intoArray(lanes, i);
      }
    }
    FloatVector v = fromArray(FLOAT, lanes, 0);
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
    int r = whole;
    for (; r <= n - WIDTH; r += WIDTH) {
      fromArray(FLOAT, lanes, r - whole).add(fromArray(FLOAT, x, at + r)).intoArray(lanes, r - whole);
    }
    for (; r < n; r++) {
      lanes[r - whole] += x[at + r];
    }
    return halve(lanes);
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
    int r = whole;
    for (; r <= n - WIDTH; r += WIDTH) {
      FloatVector u = fromArray(FLOAT, x, at + r).sub(mean);
      fromArray(FLOAT, lanes, r - whole).add(u.mul(u)).intoArray(lanes, r - whole);
    }
    for (; r < n; r++) {
      float u = x[at + r] - mean;
      lanes[r - whole] += u * u;
    }
    return halve(lanes);
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
    return halve(lanes);
  }

  /// The sum of `(g gain) ((x - mean) rstd)`, `gain` of the row from `k` on.
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
      return along(x, at, mean, rstd, g, gain, k, left, lanes)
          + along(x, at + left, mean, rstd, g, gain, k + left, n - left, lanes);
    }
    int whole = n & -LOGICAL;
    for (int lane = 0; lane < LOGICAL; lane += WIDTH) {
      FloatVector sum = zero(FLOAT);
      for (int r = lane; r < whole; r += LOGICAL) {
        FloatVector normal = fromArray(FLOAT, x, at + r).sub(mean).mul(rstd);
        FloatVector h = fromArray(FLOAT, g, at + r).mul(fromArray(FLOAT, gain, k + r));
        sum = sum.add(h.mul(normal));
      }
      sum.intoArray(lanes, lane);
    }
    int r = whole;
    for (; r <= n - WIDTH; r += WIDTH) {
      FloatVector normal = fromArray(FLOAT, x, at + r).sub(mean).mul(rstd);
      FloatVector h = fromArray(FLOAT, g, at + r).mul(fromArray(FLOAT, gain, k + r));
      fromArray(FLOAT, lanes, r - whole).add(h.mul(normal)).intoArray(lanes, r - whole);
    }
    for (; r < n; r++) {
      lanes[r - whole] += g[at + r] * gain[k + r] * ((x[at + r] - mean) * rstd);
    }
    return halve(lanes);
  }

  /// The sum of `exp(x - shift)`.
  static float exps(float[] x, int at, float shift, int n, float[] lanes) {
    if (n > Sums.BLOCK) {
      int left = left(n);
      return exps(x, at, shift, left, lanes) + exps(x, at + left, shift, n - left, lanes);
    }
    int whole = n & -LOGICAL;
    for (int lane = 0; lane < LOGICAL; lane += WIDTH) {
      FloatVector sum = zero(FLOAT);
      for (int r = lane; r < whole; r += LOGICAL) {
        sum = sum.add(VectorMath.exp(fromArray(FLOAT, x, at + r).sub(shift)));
      }
      sum.intoArray(lanes, lane);
    }
    int r = whole;
    for (; r <= n - WIDTH; r += WIDTH) {
      FloatVector e = VectorMath.exp(fromArray(FLOAT, x, at + r).sub(shift));
      fromArray(FLOAT, lanes, r - whole).add(e).intoArray(lanes, r - whole);
    }
    for (; r < n; r++) {
      lanes[r - whole] += VectorMath.exp(x[at + r] - shift);
    }
    return halve(lanes);
  }

  /// The same sum, with `y = exp(x - shift)`.
  static float exps(float[] x, int at, float shift, float[] y, int to, int n, float[] lanes) {
    if (n > Sums.BLOCK) {
      int left = left(n);
      return exps(x, at, shift, y, to, left, lanes)
          + exps(x, at + left, shift, y, to + left, n - left, lanes);
    }
    int whole = n & -LOGICAL;
    for (int lane = 0; lane < LOGICAL; lane += WIDTH) {
      FloatVector sum = zero(FLOAT);
      for (int r = lane; r < whole; r += LOGICAL) {
        FloatVector e = VectorMath.exp(fromArray(FLOAT, x, at + r).sub(shift));
        e.intoArray(y, to + r);
        sum = sum.add(e);
      }
      sum.intoArray(lanes, lane);
    }
    int r = whole;
    for (; r <= n - WIDTH; r += WIDTH) {
      FloatVector e = VectorMath.exp(fromArray(FLOAT, x, at + r).sub(shift));
      e.intoArray(y, to + r);
      fromArray(FLOAT, lanes, r - whole).add(e).intoArray(lanes, r - whole);
    }
    for (; r < n; r++) {
      float e = VectorMath.exp(x[at + r] - shift);
      y[to + r] = e;
      lanes[r - whole] += e;
    }
    return halve(lanes);
  }
}
