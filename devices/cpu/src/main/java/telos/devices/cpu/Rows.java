package telos.devices.cpu;

import static jdk.incubator.vector.VectorOperators.GT;
import static telos.devices.cpu.Lanes.FLOAT;
import static telos.devices.cpu.Lanes.WIDTH;

import jdk.incubator.vector.FloatVector;

/// Steps of row kernels over `n` elements, each one vector loop with its scalar tail spelled the
/// same way. Where a name has a formula, its operations are rounded one by one, as the definitions
/// of the fused operations are.
final class Rows {
  private Rows() {}

  /// The largest element that is a number; whether a zero among several is -0 or +0 is open.
  static float largest(float[] x, int at, int n) {
    FloatVector best = VectorMath.all(Float.NEGATIVE_INFINITY);
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      FloatVector v = Lanes.load(x, at + i);
      best = best.blend(v, v.compare(GT, best));
    }
    float most = Float.NEGATIVE_INFINITY;
    if (i > 0) {
      float[] lanes = new float[WIDTH];
      best.intoArray(lanes, 0);
      for (float lane : lanes) {
        most = lane > most ? lane : most;
      }
    }
    for (; i < n; i++) {
      most = x[at + i] > most ? x[at + i] : most;
    }
    return most;
  }

  /// `y = exp(x - shift)`.
  static void exp(float[] x, int at, float shift, float[] y, int to, int n) {
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      VectorMath.exp(Lanes.load(x, at + i).sub(shift)).intoArray(y, to + i);
    }
    for (; i < n; i++) {
      y[to + i] = VectorMath.exp(x[at + i] - shift);
    }
  }

  /// `y = exp(x - shift) factor`.
  static void exp(float[] x, int at, float shift, float factor, float[] y, int to, int n) {
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      VectorMath.exp(Lanes.load(x, at + i).sub(shift)).mul(factor).intoArray(y, to + i);
    }
    for (; i < n; i++) {
      y[to + i] = VectorMath.exp(x[at + i] - shift) * factor;
    }
  }

  /// The sum of `exp(x - shift)`, a block at a time through `scratch` (of [Sums#BLOCK] elements, or
  /// `n` if that is less).
  static float sumExp(float[] x, int at, float shift, int n, float[] scratch) {
    float[] partial = new float[Sums.blocks(n, Sums.BLOCK)];
    for (int b = 0; b < partial.length; b++) {
      int start = b * Sums.BLOCK;
      int length = Math.min(Sums.BLOCK, n - start);
      exp(x, at + start, shift, scratch, 0, length);
      partial[b] = Sums.block(scratch, 0, length);
    }
    return Sums.tree(partial, partial.length);
  }

  /// `y = x factor`.
  static void scale(float[] x, int at, float factor, float[] y, int to, int n) {
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      Lanes.load(x, at + i).mul(factor).intoArray(y, to + i);
    }
    for (; i < n; i++) {
      y[to + i] = x[at + i] * factor;
    }
  }

  /// `y = x - shift`.
  static void subtract(float[] x, int at, float shift, float[] y, int to, int n) {
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      Lanes.load(x, at + i).sub(shift).intoArray(y, to + i);
    }
    for (; i < n; i++) {
      y[to + i] = x[at + i] - shift;
    }
  }

  /// `y = (x - first) - second`.
  static void subtract(float[] x, int at, float first, float second, float[] y, int to, int n) {
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      Lanes.load(x, at + i).sub(first).sub(second).intoArray(y, to + i);
    }
    for (; i < n; i++) {
      y[to + i] = x[at + i] - first - second;
    }
  }

  /// `z = y (g - along)`.
  static void softmaxGrad(float[] y, int at, float[] g, float along, float[] z, int n) {
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      Lanes.load(y, at + i).mul(Lanes.load(g, at + i).sub(along)).intoArray(z, at + i);
    }
    for (; i < n; i++) {
      z[at + i] = y[at + i] * (g[at + i] - along);
    }
  }

  /// `z = g - exp(y) total`.
  static void logSoftmaxGrad(float[] y, int at, float[] g, float total, float[] z, int n) {
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      FloatVector p = VectorMath.exp(Lanes.load(y, at + i));
      Lanes.load(g, at + i).sub(p.mul(total)).intoArray(z, at + i);
    }
    for (; i < n; i++) {
      z[at + i] = g[at + i] - VectorMath.exp(y[at + i]) * total;
    }
  }

  /// `y = (y rstd) gain + bias`, in place.
  static void affine(float[] y, int at, float rstd, float[] gain, float[] bias, int n) {
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      FloatVector scaled = Lanes.load(y, at + i).mul(rstd).mul(Lanes.load(gain, i));
      scaled.add(Lanes.load(bias, i)).intoArray(y, at + i);
    }
    for (; i < n; i++) {
      y[at + i] = y[at + i] * rstd * gain[i] + bias[i];
    }
  }

  /// `y = (x rstd) gain`.
  static void scaled(float[] x, int at, float rstd, float[] gain, float[] y, int n) {
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      Lanes.load(x, at + i).mul(rstd).mul(Lanes.load(gain, i)).intoArray(y, at + i);
    }
    for (; i < n; i++) {
      y[at + i] = x[at + i] * rstd * gain[i];
    }
  }

  /// `y = (x - mean) rstd`.
  static void normal(float[] x, int at, float mean, float rstd, float[] y, int n) {
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      Lanes.load(x, at + i).sub(mean).mul(rstd).intoArray(y, i);
    }
    for (; i < n; i++) {
      y[i] = (x[at + i] - mean) * rstd;
    }
  }

  /// `dx = ((h - mean) - normal along) rstd`.
  static void normGrad(
      float[] h,
      int j,
      float mean,
      float[] normal,
      float along,
      float rstd,
      float[] dx,
      int at,
      int n) {
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      FloatVector centred = Lanes.load(h, j + i).sub(mean);
      FloatVector back = Lanes.load(normal, i).mul(along);
      centred.sub(back).mul(rstd).intoArray(dx, at + i);
    }
    for (; i < n; i++) {
      dx[at + i] = (h[j + i] - mean - normal[i] * along) * rstd;
    }
  }

  /// `sum = sum + g ((x - mean) rstd)`.
  static void addNormal(
      float[] x, int at, float mean, float rstd, float[] g, float[] sum, int to, int n) {
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      FloatVector normal = Lanes.load(x, at + i).sub(mean).mul(rstd);
      FloatVector product = Lanes.load(g, at + i).mul(normal);
      Lanes.load(sum, to + i).add(product).intoArray(sum, to + i);
    }
    for (; i < n; i++) {
      sum[to + i] += g[at + i] * ((x[at + i] - mean) * rstd);
    }
  }
}
