package telos.devices.cpu;

import static jdk.incubator.vector.FloatVector.fromArray;
import static jdk.incubator.vector.FloatVector.zero;
import static telos.devices.cpu.Fold.FOUR;
import static telos.devices.cpu.Fold.SWEEP;
import static telos.devices.cpu.Lanes.FLOAT;
import static telos.devices.cpu.Lanes.LOGICAL;
import static telos.devices.cpu.Lanes.WIDTH;
import static telos.devices.cpu.RowSums.NEXT;

import jdk.incubator.vector.FloatVector;

/// Steps of a norm over a row of `n` elements together with the first of the next row: that row
/// comes from memory while this one, in cache by now, is computed. `lanes` as in [RowSums], whose
/// order the sums have.
final class NormRows {
  private NormRows() {}

  /// The sum of `(x - mean)^2`; that of the row that starts at `next` is left in `lanes[NEXT]`. The
  /// row is written by [#affine], which keeps memory busy too.
  static float squares(float[] x, int at, float mean, int next, int n, float[] lanes) {
    if (n > Sums.BLOCK) {
      int left = RowSums.left(n);
      float squares = squares(x, at, mean, next, left, lanes);
      float sum = lanes[NEXT];
      squares += squares(x, at + left, mean, next + left, n - left, lanes);
      lanes[NEXT] = sum + lanes[NEXT];
      return squares;
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
        FloatVector u = fromArray(FLOAT, x, at + r).sub(mean);
        a = a.add(u.mul(u));
        sumA = sumA.add(fromArray(FLOAT, x, next + r));
        u = fromArray(FLOAT, x, at + r + WIDTH).sub(mean);
        b = b.add(u.mul(u));
        sumB = sumB.add(fromArray(FLOAT, x, next + r + WIDTH));
        if (FOUR) {
          u = fromArray(FLOAT, x, at + r + 2 * WIDTH).sub(mean);
          c = c.add(u.mul(u));
          sumC = sumC.add(fromArray(FLOAT, x, next + r + 2 * WIDTH));
          u = fromArray(FLOAT, x, at + r + 3 * WIDTH).sub(mean);
          d = d.add(u.mul(u));
          sumD = sumD.add(fromArray(FLOAT, x, next + r + 3 * WIDTH));
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
    for (int r = whole; r < n; r++) {
      float u = x[at + r] - mean;
      lanes[r - whole] += u * u;
      lanes[LOGICAL + r - whole] += x[next + r];
    }
    lanes[NEXT] = Fold.halved(lanes, LOGICAL);
    return Fold.halved(lanes, 0);
  }

  /// `y = ((x - mean) rstd) gain + bias`.
  static void affine(
      float[] x, int at, float mean, float rstd, float[] gain, float[] bias, float[] y, int n) {
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      FloatVector normal = fromArray(FLOAT, x, at + i).sub(mean).mul(rstd);
      normal.mul(fromArray(FLOAT, gain, i)).add(fromArray(FLOAT, bias, i)).intoArray(y, at + i);
    }
    for (; i < n; i++) {
      y[at + i] = (x[at + i] - mean) * rstd * gain[i] + bias[i];
    }
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
