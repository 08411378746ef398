package telos.devices.cpu;

import static jdk.incubator.vector.FloatVector.fromArray;
import static jdk.incubator.vector.FloatVector.zero;
import static jdk.incubator.vector.VectorOperators.GT;
import static telos.devices.cpu.Lanes.FLOAT;
import static telos.devices.cpu.Lanes.LOGICAL;
import static telos.devices.cpu.Lanes.WIDTH;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShuffle;

/// Lanes to one number: the halving that ends every sum in the order of [Sums], and the largest.
/// Where many short rows are summed, first every row's lanes are, and their halvings come together,
/// since the next row's hides the latency of one.
final class Fold {
  private static final VectorShuffle<Float> BY_1 = turn(1);
  private static final VectorShuffle<Float> BY_2 = turn(2);
  private static final VectorShuffle<Float> BY_4 = turn(4);
  private static final VectorShuffle<Float> BY_8 = turn(8);

  /// Lanes that go down a row together.
  static final int SWEEP = Math.min(4 * WIDTH, LOGICAL);

  /// Whether these are four registers; otherwise two.
  static final boolean FOUR = SWEEP == 4 * WIDTH;

  private Fold() {}

  private static VectorShuffle<Float> turn(int by) {
    return VectorShuffle.iota(FLOAT, by % WIDTH, 1, true);
  }

  /// The largest lane of the register at `lanes[at]`; none is NaN. Whether a zero among several is
  /// -0 or +0 is open.
  static float largest(float[] lanes, int at) {
    FloatVector best = fromArray(FLOAT, lanes, at);
    FloatVector other;
    if (WIDTH > 8) {
      other = best.rearrange(BY_8);
      best = best.blend(other, other.compare(GT, best));
    }
    if (WIDTH > 4) {
      other = best.rearrange(BY_4);
      best = best.blend(other, other.compare(GT, best));
    }
    other = best.rearrange(BY_2);
    best = best.blend(other, other.compare(GT, best));
    other = best.rearrange(BY_1);
    return best.blend(other, other.compare(GT, best)).lane(0);
  }

  /// The lanes of at most [Sums#BLOCK] elements, to `lanes[to ... to + 32)`. Up to four registers
  /// go down the row together, which at 256 bits and more are all the lanes: memory is read from
  /// one end to the other, and one register's addition hides the latency of another's.
  static void lanes(float[] x, int at, int n, float[] lanes, int to) {
    int whole = n & -LOGICAL;
    for (int lane = 0; lane < LOGICAL; lane += SWEEP) {
      FloatVector a = zero(FLOAT);
      FloatVector b = zero(FLOAT);
      FloatVector c = zero(FLOAT);
      FloatVector d = zero(FLOAT);
      for (int r = at + lane; r < at + whole; r += LOGICAL) {
        a = a.add(fromArray(FLOAT, x, r));
        b = b.add(fromArray(FLOAT, x, r + WIDTH));
        if (FOUR) {
          c = c.add(fromArray(FLOAT, x, r + 2 * WIDTH));
          d = d.add(fromArray(FLOAT, x, r + 3 * WIDTH));
        }
      }
      a.intoArray(lanes, to + lane);
      b.intoArray(lanes, to + lane + WIDTH);
      if (FOUR) {
        c.intoArray(lanes, to + lane + 2 * WIDTH);
        d.intoArray(lanes, to + lane + 3 * WIDTH);
      }
    }
    if (whole < n) {
      Binary.add(lanes, to, x, at + whole, lanes, to, n - whole);
    }
  }

  /// The lanes of the products `x[i + r] y[j + r]` of at most [Sums#BLOCK] elements.
  static void dotLanes(float[] x, int i, float[] y, int j, int n, float[] lanes, int to) {
    int whole = n & -LOGICAL;
    for (int lane = 0; lane < LOGICAL; lane += SWEEP) {
      FloatVector a = zero(FLOAT);
      FloatVector b = zero(FLOAT);
      FloatVector c = zero(FLOAT);
      FloatVector d = zero(FLOAT);
      for (int r = lane; r < whole; r += LOGICAL) {
        int k = i + r;
        int l = j + r;
        a = a.add(fromArray(FLOAT, x, k).mul(fromArray(FLOAT, y, l)));
        b = b.add(fromArray(FLOAT, x, k + WIDTH).mul(fromArray(FLOAT, y, l + WIDTH)));
        if (FOUR) {
          c = c.add(fromArray(FLOAT, x, k + 2 * WIDTH).mul(fromArray(FLOAT, y, l + 2 * WIDTH)));
          d = d.add(fromArray(FLOAT, x, k + 3 * WIDTH).mul(fromArray(FLOAT, y, l + 3 * WIDTH)));
        }
      }
      a.intoArray(lanes, to + lane);
      b.intoArray(lanes, to + lane + WIDTH);
      if (FOUR) {
        c.intoArray(lanes, to + lane + 2 * WIDTH);
        d.intoArray(lanes, to + lane + 3 * WIDTH);
      }
    }
    for (int r = whole; r < n; r++) {
      lanes[to + r - whole] += x[i + r] * y[j + r];
    }
  }

  /// Combines 32 lanes by halving, 16 and 16 first. Lanes never hold -0, so missing ones may be +0.
  static float halved(float[] lanes, int at) {
    FloatVector sum = fromArray(FLOAT, lanes, at).add(fromArray(FLOAT, lanes, at + 16));
    if (WIDTH < 16) {
      sum = sum.add(fromArray(FLOAT, lanes, at + 8).add(fromArray(FLOAT, lanes, at + 24)));
    }
    if (WIDTH < 8) {
      FloatVector low = fromArray(FLOAT, lanes, at + 4).add(fromArray(FLOAT, lanes, at + 20));
      FloatVector high = fromArray(FLOAT, lanes, at + 12).add(fromArray(FLOAT, lanes, at + 28));
      sum = sum.add(low.add(high));
    }
    if (WIDTH > 8) {
      sum = sum.add(sum.rearrange(BY_8));
    }
    if (WIDTH > 4) {
      sum = sum.add(sum.rearrange(BY_4));
    }
    sum = sum.add(sum.rearrange(BY_2));
    return sum.add(sum.rearrange(BY_1)).lane(0);
  }
}
