package telos.devices.cpu;

import static jdk.incubator.vector.FloatVector.fromArray;
import static jdk.incubator.vector.FloatVector.zero;
import static telos.devices.cpu.Fold.FOUR;
import static telos.devices.cpu.Fold.SWEEP;
import static telos.devices.cpu.Lanes.FLOAT;
import static telos.devices.cpu.Lanes.LOGICAL;
import static telos.devices.cpu.Lanes.WIDTH;

import jdk.incubator.vector.FloatVector;

/// The last step of a norm over a row of `n` elements together with the first of the next row: that
/// row comes from memory while this one, in cache by now, is computed and written. `lanes` as in
/// [RowSums], whose order the sums have.
final class NormRows {
  private NormRows() {}

  /// `y = ((x - mean) rstd) gain + bias`, with gain and bias from `k` on.
  ///
  /// @return the sum of the row that starts at `next`
  static float affine(
      float[] x,
      int at,
      float mean,
      float rstd,
      float[] gain,
      float[] bias,
      int k,
      float[] y,
      int next,
      int n,
      float[] lanes) {
    if (n > Sums.BLOCK) {
      int left = RowSums.left(n);
      int right = n - left;
      float sum = affine(x, at, mean, rstd, gain, bias, k, y, next, left, lanes);
      return sum
          + affine(x, at + left, mean, rstd, gain, bias, k + left, y, next + left, right, lanes);
    }
    int whole = n & -LOGICAL;
    for (int lane = 0; lane < LOGICAL; lane += SWEEP) {
      FloatVector a = zero(FLOAT);
      FloatVector b = zero(FLOAT);
      FloatVector c = zero(FLOAT);
      FloatVector d = zero(FLOAT);
      for (int r = lane; r < whole; r += LOGICAL) {
        a = a.add(fromArray(FLOAT, x, next + r));
        affine(x, at + r, mean, rstd, gain, bias, k + r, y);
        b = b.add(fromArray(FLOAT, x, next + r + WIDTH));
        affine(x, at + r + WIDTH, mean, rstd, gain, bias, k + r + WIDTH, y);
        if (FOUR) {
          c = c.add(fromArray(FLOAT, x, next + r + 2 * WIDTH));
          affine(x, at + r + 2 * WIDTH, mean, rstd, gain, bias, k + r + 2 * WIDTH, y);
          d = d.add(fromArray(FLOAT, x, next + r + 3 * WIDTH));
          affine(x, at + r + 3 * WIDTH, mean, rstd, gain, bias, k + r + 3 * WIDTH, y);
        }
      }
      a.intoArray(lanes, lane);
      b.intoArray(lanes, lane + WIDTH);
      if (FOUR) {
        c.intoArray(lanes, lane + 2 * WIDTH);
        d.intoArray(lanes, lane + 3 * WIDTH);
      }
    }
    for (int r = whole; r < n; r++) {
      lanes[r - whole] += x[next + r];
      y[at + r] = (x[at + r] - mean) * rstd * gain[k + r] + bias[k + r];
    }
    return Fold.halved(lanes, 0);
  }

  /// One register of it.
  private static void affine(
      float[] x, int at, float mean, float rstd, float[] gain, float[] bias, int k, float[] y) {
    FloatVector normal = fromArray(FLOAT, x, at).sub(mean).mul(rstd);
    normal.mul(fromArray(FLOAT, gain, k)).add(fromArray(FLOAT, bias, k)).intoArray(y, at);
  }

  /// `y = (x rstd) gain`, with gain from `k` on.
  ///
  /// @return the sum of the squares of the row that starts at `next`
  static float scaled(
      float[] x,
      int at,
      float rstd,
      float[] gain,
      int k,
      float[] y,
      int next,
      int n,
      float[] lanes) {
    if (n > Sums.BLOCK) {
      int left = RowSums.left(n);
      float sum = scaled(x, at, rstd, gain, k, y, next, left, lanes);
      return sum + scaled(x, at + left, rstd, gain, k + left, y, next + left, n - left, lanes);
    }
    int whole = n & -LOGICAL;
    for (int lane = 0; lane < LOGICAL; lane += SWEEP) {
      FloatVector a = zero(FLOAT);
      FloatVector b = zero(FLOAT);
      FloatVector c = zero(FLOAT);
      FloatVector d = zero(FLOAT);
      for (int r = lane; r < whole; r += LOGICAL) {
        FloatVector p = fromArray(FLOAT, x, next + r);
        a = a.add(p.mul(p));
        scaled(x, at + r, rstd, gain, k + r, y);
        FloatVector q = fromArray(FLOAT, x, next + r + WIDTH);
        b = b.add(q.mul(q));
        scaled(x, at + r + WIDTH, rstd, gain, k + r + WIDTH, y);
        if (FOUR) {
          FloatVector u = fromArray(FLOAT, x, next + r + 2 * WIDTH);
          c = c.add(u.mul(u));
          scaled(x, at + r + 2 * WIDTH, rstd, gain, k + r + 2 * WIDTH, y);
          FloatVector v = fromArray(FLOAT, x, next + r + 3 * WIDTH);
          d = d.add(v.mul(v));
          scaled(x, at + r + 3 * WIDTH, rstd, gain, k + r + 3 * WIDTH, y);
        }
      }
      a.intoArray(lanes, lane);
      b.intoArray(lanes, lane + WIDTH);
      if (FOUR) {
        c.intoArray(lanes, lane + 2 * WIDTH);
        d.intoArray(lanes, lane + 3 * WIDTH);
      }
    }
    for (int r = whole; r < n; r++) {
      lanes[r - whole] += x[next + r] * x[next + r];
      y[at + r] = x[at + r] * rstd * gain[k + r];
    }
    return Fold.halved(lanes, 0);
  }

  /// One register of it.
  private static void scaled(float[] x, int at, float rstd, float[] gain, int k, float[] y) {
    fromArray(FLOAT, x, at).mul(rstd).mul(fromArray(FLOAT, gain, k)).intoArray(y, at);
  }
}
