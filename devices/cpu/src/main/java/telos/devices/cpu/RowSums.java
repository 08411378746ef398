package telos.devices.cpu;

import static jdk.incubator.vector.FloatVector.fromArray;
import static jdk.incubator.vector.FloatVector.zero;
import static telos.devices.cpu.Lanes.FLOAT;
import static telos.devices.cpu.Lanes.LOGICAL;
import static telos.devices.cpu.Lanes.WIDTH;

import jdk.incubator.vector.FloatVector;

/// Sums over a row of `n` elements of what is computed on the way, in the order of [Sums].
///
/// Nothing is allocated here: `lanes` are the caller's [#LANES] floats, overwritten by every call.
/// A register's lanes go down the row alone where an element costs more than the latency of an
/// addition, two registers at a time where it does not; a row is in the first cache by then.
final class RowSums {
  /// Where a kernel leaves its second result.
  static final int NEXT = 2 * LOGICAL;

  /// Floats that `lanes` holds.
  static final int LANES = NEXT + 1;

  private RowSums() {}

  /// How many of more than one block's elements the left branch of [Sums]' tree holds: the largest
  /// power of two of blocks that leaves something to the right.
  static int left(int n) {
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
      Sums.one(x, at + lane, whole, lanes, lane);
    }
    add(x, at + whole, n - whole, lanes, 0);
    return Fold.halved(lanes, 0);
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
    return Fold.halved(lanes, 0);
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
    lanes[NEXT] = Fold.halved(lanes, LOGICAL);
    return Fold.halved(lanes, 0);
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
    lanes[NEXT] = Fold.halved(lanes, LOGICAL);
    return Fold.halved(lanes, 0);
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
    return Fold.halved(lanes, 0);
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
    lanes[NEXT] = Fold.halved(lanes, LOGICAL);
    return Fold.halved(lanes, 0);
  }
}
