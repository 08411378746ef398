package telos.devices.cpu;

import static jdk.incubator.vector.VectorOperators.GT;
import static telos.devices.cpu.Lanes.FLOAT;
import static telos.devices.cpu.Lanes.LOGICAL;
import static telos.devices.cpu.Lanes.WIDTH;
import static telos.devices.cpu.Lanes.load;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShuffle;

/// Sums of many short rows in the order of [Sums]: first every row's logical lanes, then, when the
/// next rows can hide its latency, the halving of them.
final class Fold {
  private static final VectorShuffle<Float> BY_1 = turn(1);
  private static final VectorShuffle<Float> BY_2 = turn(2);
  private static final VectorShuffle<Float> BY_4 = turn(4);
  private static final VectorShuffle<Float> BY_8 = turn(8);

  private Fold() {}

  private static VectorShuffle<Float> turn(int by) {
    return VectorShuffle.iota(FLOAT, by % WIDTH, 1, true);
  }

  /// The largest lane; none is NaN.
  static float largest(FloatVector v) {
    FloatVector best = v;
    if (WIDTH > 8) {
      best = larger(best, best.rearrange(BY_8));
    }
    if (WIDTH > 4) {
      best = larger(best, best.rearrange(BY_4));
    }
    best = larger(best, best.rearrange(BY_2));
    return larger(best, best.rearrange(BY_1)).lane(0);
  }

  /// Each lane's larger number.
  static FloatVector larger(FloatVector a, FloatVector b) {
    return a.blend(b, b.compare(GT, a));
  }

  /// The lanes of at most [Sums#BLOCK] elements, a multiple of 32, to `lanes[to ... to + 32)`.
  static void lanes(float[] x, int at, int n, float[] lanes, int to) {
    for (int lane = 0; lane < LOGICAL; lane += 2 * WIDTH) {
      FloatVector low = Lanes.zero();
      FloatVector high = Lanes.zero();
      for (int r = at + lane; r < at + n; r += LOGICAL) {
        low = low.add(load(x, r));
        high = high.add(load(x, r + WIDTH));
      }
      low.intoArray(lanes, to + lane);
      high.intoArray(lanes, to + lane + WIDTH);
    }
  }

  /// The lanes of the products `x[i + r] y[j + r]` of at most [Sums#BLOCK] elements.
  static void dotLanes(float[] x, int i, float[] y, int j, int n, float[] lanes, int to) {
    int whole = n & -LOGICAL;
    for (int lane = 0; lane < LOGICAL; lane += 2 * WIDTH) {
      FloatVector low = Lanes.zero();
      FloatVector high = Lanes.zero();
      for (int r = lane; r < whole; r += LOGICAL) {
        low = low.add(load(x, i + r).mul(load(y, j + r)));
        high = high.add(load(x, i + r + WIDTH).mul(load(y, j + r + WIDTH)));
      }
      low.intoArray(lanes, to + lane);
      high.intoArray(lanes, to + lane + WIDTH);
    }
    for (int r = whole; r < n; r++) {
      lanes[to + r - whole] += x[i + r] * y[j + r];
    }
  }

  /// Combines 32 lanes by halving, and uses them up.
  static float halved(float[] lanes, int at) {
    for (int half = LOGICAL / 2; half >= WIDTH; half /= 2) {
      for (int i = at; i < at + half; i += WIDTH) {
        load(lanes, i).add(load(lanes, i + half)).intoArray(lanes, i);
      }
    }
    FloatVector sum = load(lanes, at);
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
