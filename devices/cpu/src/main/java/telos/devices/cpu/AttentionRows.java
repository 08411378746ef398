package telos.devices.cpu;

import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.MAX;
import static telos.devices.cpu.Lanes.FLOAT;
import static telos.devices.cpu.Lanes.LOGICAL;
import static telos.devices.cpu.Lanes.WIDTH;
import static telos.devices.cpu.Lanes.load;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/// What happens to a row of attention between its products, in few passes.
///
/// A row has `n` scores and room up to `end`, a multiple of 64: passes run over whole registers,
/// and what lies behind the `n`-th score is made zero. Each rounding is that of the definition.
final class AttentionRows {
  private AttentionRows() {}

  /// Softmax of `n` scores times `scale`, in place; notes the maximum and one over the sum.
  ///
  /// Behind the scores stands minus infinity, so weights there are +0 and add nothing to a lane.
  static void softmax(float[] x, int at, int n, int end, float scale, float[] statistics, int to) {
    int padded = (n + LOGICAL - 1) & -LOGICAL;
    float max = scaledMax(x, at, n, scale);
    Arrays.fill(x, at + n, at + padded, Float.NEGATIVE_INFINITY);
    for (int i = at; i < at + padded; i += WIDTH) {
      VectorMath.exp(load(x, i).sub(max)).intoArray(x, i);
    }
    float inverse = 1 / Sums.sum(x, at, padded);
    for (int i = at; i < at + padded; i += WIDTH) {
      load(x, i).mul(inverse).intoArray(x, i);
    }
    Arrays.fill(x, at + padded, at + end, 0f);
    statistics[to] = max;
    statistics[to + 1] = inverse;
  }

  /// `x = x scale`, and the largest of these that is a number; a zero is +0.
  private static float scaledMax(float[] x, int at, int n, float scale) {
    FloatVector best = Lanes.fill(Float.NEGATIVE_INFINITY);
    int bound = at + FLOAT.loopBound(n);
    for (int i = at; i < bound; i += WIDTH) {
      FloatVector v = load(x, i).mul(scale);
      v.intoArray(x, i);
      best = best.blend(v, v.compare(GT, best));
    }
    float max = best.reduceLanes(MAX);
    for (int i = bound; i < at + n; i++) {
      x[i] *= scale;
      max = x[i] > max ? x[i] : max;
    }
    return max + 0f;
  }

  /// `x = exp(x scale - max) inverse`: the weights again, from what the softmax noted.
  static void weights(float[] x, int at, int n, int end, float scale, float max, float inverse) {
    int padded = (n + WIDTH - 1) & -WIDTH;
    for (int i = at; i < at + padded; i += WIDTH) {
      VectorMath.exp(load(x, i).mul(scale).sub(max)).mul(inverse).intoArray(x, i);
    }
    Arrays.fill(x, at + n, at + end, 0f);
  }

  /// `x = p (x - along) scale`: the gradient of the scores before scaling.
  static void gradient(float[] p, float[] x, int at, int n, int end, float along, float scale) {
    int padded = (n + WIDTH - 1) & -WIDTH;
    for (int i = at; i < at + padded; i += WIDTH) {
      load(p, i).mul(load(x, i).sub(along)).mul(scale).intoArray(x, i);
    }
    Arrays.fill(x, at + n, at + end, 0f);
  }

  /// `x = x + 0`: a zero of either sign becomes +0.
  static void addZero(float[] x, int at, int n) {
    int bound = at + FLOAT.loopBound(n);
    for (int i = at; i < bound; i += WIDTH) {
      load(x, i).add(0f).intoArray(x, i);
    }
    for (int i = bound; i < at + n; i++) {
      x[i] += 0f;
    }
  }
}
