package telos.devices.cpu;

import static jdk.incubator.vector.FloatVector.fromArray;
import static telos.devices.cpu.Lanes.FLOAT;
import static telos.devices.cpu.Lanes.WIDTH;

import jdk.incubator.vector.FloatVector;

/// Steps of row kernels over `n` elements, each one vector loop with its scalar tail spelled the
/// same way. Where a name has a formula, its operations are rounded one by one, as the definitions
/// of the fused operations are.
final class Rows {
  private Rows() {}

  /// `y = exp(x - shift) factor`.
  static void exp(float[] x, int at, float shift, float factor, float[] y, int to, int n) {
    int whole = FLOAT.loopBound(n);
    if (whole > 0) {
      expLanes(x, at, shift, factor, y, to, whole);
    }
    for (int i = whole; i < n; i++) {
      y[to + i] = VectorMath.exp(x[at + i] - shift) * factor;
    }
  }

  private static void expLanes(
      float[] x, int at, float shift, float factor, float[] y, int to, int n) {
    for (int i = 0; i < n; i += WIDTH) {
      VectorMath.exp(fromArray(FLOAT, x, at + i).sub(shift)).mul(factor).intoArray(y, to + i);
    }
  }

  /// `y = x factor`.
  static void scale(float[] x, int at, float factor, float[] y, int to, int n) {
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      fromArray(FLOAT, x, at + i).mul(factor).intoArray(y, to + i);
    }
    for (; i < n; i++) {
      y[to + i] = x[at + i] * factor;
    }
  }

  /// `y = (x - first) - second`.
  static void subtract(float[] x, int at, float first, float second, float[] y, int to, int n) {
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      fromArray(FLOAT, x, at + i).sub(first).sub(second).intoArray(y, to + i);
    }
    for (; i < n; i++) {
      y[to + i] = x[at + i] - first - second;
    }
  }

  /// `z = y (g - along)`.
  static void softmaxGrad(float[] y, int at, float[] g, float along, float[] z, int n) {
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      fromArray(FLOAT, y, at + i).mul(fromArray(FLOAT, g, at + i).sub(along)).intoArray(z, at + i);
    }
    for (; i < n; i++) {
      z[at + i] = y[at + i] * (g[at + i] - along);
    }
  }

  /// `z = g - exp(y) total`.
  static void logSoftmaxGrad(float[] y, int at, float[] g, float total, float[] z, int n) {
    int whole = FLOAT.loopBound(n);
    if (whole > 0) {
      logSoftmaxGradLanes(y, at, g, total, z, whole);
    }
    for (int i = whole; i < n; i++) {
      z[at + i] = g[at + i] - VectorMath.exp(y[at + i]) * total;
    }
  }

  private static void logSoftmaxGradLanes(
      float[] y, int at, float[] g, float total, float[] z, int n) {
    for (int i = 0; i < n; i += WIDTH) {
      FloatVector p = VectorMath.exp(fromArray(FLOAT, y, at + i));
      fromArray(FLOAT, g, at + i).sub(p.mul(total)).intoArray(z, at + i);
    }
  }

  /// With `m = (x - mean) rstd` and `h = g gain`: `dx = ((h - centre) - m along) rstd`, and `g m`
  /// and `g` are added to `dGain` and `dBias` from `to` on.
  static void layerNormGrad(
      float[] x,
      float[] g,
      int at,
      float mean,
      float rstd,
      float[] gain,
      float centre,
      float along,
      float[] dx,
      float[] dGain,
      float[] dBias,
      int to,
      int n) {
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      FloatVector normal = fromArray(FLOAT, x, at + i).sub(mean).mul(rstd);
      FloatVector slope = fromArray(FLOAT, g, at + i);
      FloatVector centred = slope.mul(fromArray(FLOAT, gain, i)).sub(centre);
      centred.sub(normal.mul(along)).mul(rstd).intoArray(dx, at + i);
      fromArray(FLOAT, dGain, to + i).add(slope.mul(normal)).intoArray(dGain, to + i);
      fromArray(FLOAT, dBias, to + i).add(slope).intoArray(dBias, to + i);
    }
    for (; i < n; i++) {
      float normal = (x[at + i] - mean) * rstd;
      dx[at + i] = (g[at + i] * gain[i] - centre - normal * along) * rstd;
      dGain[to + i] += g[at + i] * normal;
      dBias[to + i] += g[at + i];
    }
  }

  /// With `m = x rstd` and `h = g gain`: `dx = (h - m along) rstd`, and `g m` is added to `dGain`
  /// from `to` on.
  static void rmsNormGrad(
      float[] x,
      float[] g,
      int at,
      float rstd,
      float[] gain,
      float along,
      float[] dx,
      float[] dGain,
      int to,
      int n) {
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      FloatVector normal = fromArray(FLOAT, x, at + i).mul(rstd);
      FloatVector slope = fromArray(FLOAT, g, at + i);
      FloatVector h = slope.mul(fromArray(FLOAT, gain, i));
      h.sub(normal.mul(along)).mul(rstd).intoArray(dx, at + i);
      fromArray(FLOAT, dGain, to + i).add(slope.mul(normal)).intoArray(dGain, to + i);
    }
    for (; i < n; i++) {
      float normal = x[at + i] * rstd;
      dx[at + i] = (g[at + i] * gain[i] - normal * along) * rstd;
      dGain[to + i] += g[at + i] * normal;
    }
  }
}
