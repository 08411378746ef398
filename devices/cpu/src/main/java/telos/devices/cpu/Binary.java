package telos.devices.cpu;

import static telos.devices.cpu.Lanes.FLOAT;
import static telos.devices.cpu.Lanes.WIDTH;

import jdk.incubator.vector.FloatVector;

/// Functions of two F32 arrays, `z[k + i] = f(x[j + i], y[l + i])` for `i < n`. One loop each, for
/// the reason given in [Elementary]. Powers are in [Power], comparisons in [Comparisons].
final class Binary {
  private Binary() {}

  static void add(float[] x, int j, float[] y, int l, float[] z, int k, int n) {
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      FloatVector.fromArray(FLOAT, x, j + i)
          .add(FloatVector.fromArray(FLOAT, y, l + i))
          .intoArray(z, k + i);
    }
    for (; i < n; i++) {
      z[k + i] = x[j + i] + y[l + i];
    }
  }

  static void sub(float[] x, int j, float[] y, int l, float[] z, int k, int n) {
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      FloatVector.fromArray(FLOAT, x, j + i)
          .sub(FloatVector.fromArray(FLOAT, y, l + i))
          .intoArray(z, k + i);
    }
    for (; i < n; i++) {
      z[k + i] = x[j + i] - y[l + i];
    }
  }

  static void mul(float[] x, int j, float[] y, int l, float[] z, int k, int n) {
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      FloatVector.fromArray(FLOAT, x, j + i)
          .mul(FloatVector.fromArray(FLOAT, y, l + i))
          .intoArray(z, k + i);
    }
    for (; i < n; i++) {
      z[k + i] = x[j + i] * y[l + i];
    }
  }

  static void div(float[] x, int j, float[] y, int l, float[] z, int k, int n) {
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      FloatVector.fromArray(FLOAT, x, j + i)
          .div(FloatVector.fromArray(FLOAT, y, l + i))
          .intoArray(z, k + i);
    }
    for (; i < n; i++) {
      z[k + i] = x[j + i] / y[l + i];
    }
  }

  static void max(float[] x, int j, float[] y, int l, float[] z, int k, int n) {
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      FloatVector.fromArray(FLOAT, x, j + i)
          .max(FloatVector.fromArray(FLOAT, y, l + i))
          .intoArray(z, k + i);
    }
    for (; i < n; i++) {
      z[k + i] = Math.max(x[j + i], y[l + i]);
    }
  }

  static void min(float[] x, int j, float[] y, int l, float[] z, int k, int n) {
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      FloatVector.fromArray(FLOAT, x, j + i)
          .min(FloatVector.fromArray(FLOAT, y, l + i))
          .intoArray(z, k + i);
    }
    for (; i < n; i++) {
      z[k + i] = Math.min(x[j + i], y[l + i]);
    }
  }
}
