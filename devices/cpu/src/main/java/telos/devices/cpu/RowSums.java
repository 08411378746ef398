package telos.devices.cpu;

import static jdk.incubator.vector.FloatVector.fromArray;
import static jdk.incubator.vector.FloatVector.zero;
import static telos.devices.cpu.Fold.FOUR;
import static telos.devices.cpu.Fold.SWEEP;
import static telos.devices.cpu.Lanes.FLOAT;
import static telos.devices.cpu.Lanes.LOGICAL;
import static telos.devices.cpu.Lanes.WIDTH;

import jdk.incubator.vector.FloatVector;

/// Sums over a row of `n` elements of what is computed on the way, in the order of [Sums].
///
/// Nothing is allocated here: `lanes` are the caller's [#LANES] floats, overwritten by every call.
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
    Fold.lanes(x, at, n, lanes, 0);
    return Fold.halved(lanes, 0);
  }

  /// The sum of `x y`.
  static float dot(float[] x, int i, float[] y, int j, int n, float[] lanes) {
    if (n > Sums.BLOCK) {
      int left = left(n);
      return dot(x, i, y, j, left, lanes) + dot(x, i + left, y, j + left, n - left, lanes);
    }
    Fold.dotLanes(x, i, y, j, n, lanes, 0);
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
    for (int lane = 0; lane < LOGICAL; lane += SWEEP) {
      FloatVector a = zero(FLOAT);
      FloatVector b = zero(FLOAT);
      FloatVector c = zero(FLOAT);
      FloatVector d = zero(FLOAT);
      FloatVector sumA = zero(FLOAT);
      FloatVector sumB = zero(FLOAT);
      FloatVector sumC = zero(FLOAT);
      FloatVector sumD = zero(FLOAT);
      for (int r = lane; r < whole; r += LOGICAL) {
        int second = r + WIDTH;
        FloatVector h = fromArray(FLOAT, g, at + r).mul(fromArray(FLOAT, gain, k + r));
        a = a.add(fromArray(FLOAT, x, at + r).sub(mean).mul(rstd).mul(h));
        sumA = sumA.add(h);
        h = fromArray(FLOAT, g, at + second).mul(fromArray(FLOAT, gain, k + second));
        b = b.add(fromArray(FLOAT, x, at + second).sub(mean).mul(rstd).mul(h));
        sumB = sumB.add(h);
        if (FOUR) {
          int third = r + 2 * WIDTH;
          h = fromArray(FLOAT, g, at + third).mul(fromArray(FLOAT, gain, k + third));
          c = c.add(fromArray(FLOAT, x, at + third).sub(mean).mul(rstd).mul(h));
          sumC = sumC.add(h);
          int last = r + 3 * WIDTH;
          h = fromArray(FLOAT, g, at + last).mul(fromArray(FLOAT, gain, k + last));
          d = d.add(fromArray(FLOAT, x, at + last).sub(mean).mul(rstd).mul(h));
          sumD = sumD.add(h);
        }
      }
      a.intoArray(lanes, lane);
      b.intoArray(lanes, lane + WIDTH);
      sumA.intoArray(lanes, LOGICAL + lane);
      sumB.intoArray(lanes, LOGICAL + lane + WIDTH);
      if (FOUR) {
        c.intoArray(lanes, lane + 2 * WIDTH);
        d.intoArray(lanes, lane + 3 * WIDTH);
        sumC.intoArray(lanes, LOGICAL + lane + 2 * WIDTH);
        sumD.intoArray(lanes, LOGICAL + lane + 3 * WIDTH);
      }
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
