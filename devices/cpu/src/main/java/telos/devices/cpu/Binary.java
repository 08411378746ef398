package telos.devices.cpu;

import static telos.devices.cpu.Lanes.FLOAT;
import static telos.devices.cpu.Lanes.WIDTH;

/// Functions of two F32 arrays, `z[k + i] = f(x[j + i], y[l + i])` for `i < n`. One loop each, for
/// the reason given in [Elementary]. Powers are in [Power].
final class Binary {
  private Binary() {}

  static void add(float[] x, int j, float[] y, int l, float[] z, int k, int n) {
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      Lanes.load(x, j + i).add(Lanes.load(y, l + i)).intoArray(z, k + i);
    }
    for (; i < n; i++) {
      z[k + i] = x[j + i] + y[l + i];
    }
  }

  static void sub(float[] x, int j, float[] y, int l, float[] z, int k, int n) {
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      Lanes.load(x, j + i).sub(Lanes.load(y, l + i)).intoArray(z, k + i);
    }
    for (; i < n; i++) {
      z[k + i] = x[j + i] - y[l + i];
    }
  }

  static void mul(float[] x, int j, float[] y, int l, float[] z, int k, int n) {
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      Lanes.load(x, j + i).mul(Lanes.load(y, l + i)).intoArray(z, k + i);
    }
    for (; i < n; i++) {
      z[k + i] = x[j + i] * y[l + i];
    }
  }

  static void div(float[] x, int j, float[] y, int l, float[] z, int k, int n) {
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      Lanes.load(x, j + i).div(Lanes.load(y, l + i)).intoArray(z, k + i);
    }
    for (; i < n; i++) {
      z[k + i] = x[j + i] / y[l + i];
    }
  }

  static void max(float[] x, int j, float[] y, int l, float[] z, int k, int n) {
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      Lanes.load(x, j + i).max(Lanes.load(y, l + i)).intoArray(z, k + i);
    }
    for (; i < n; i++) {
      z[k + i] = Math.max(x[j + i], y[l + i]);
    }
  }

  static void min(float[] x, int j, float[] y, int l, float[] z, int k, int n) {
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      Lanes.load(x, j + i).min(Lanes.load(y, l + i)).intoArray(z, k + i);
    }
    for (; i < n; i++) {
      z[k + i] = Math.min(x[j + i], y[l + i]);
    }
  }

  static void equal(float[] x, int j, float[] y, int l, byte[] z, int k, int n) {
    for (int i = 0; i < n; i++) {
      z[k + i] = (byte) (x[j + i] == y[l + i] ? 1 : 0);
    }
  }

  static void less(float[] x, int j, float[] y, int l, byte[] z, int k, int n) {
    for (int i = 0; i < n; i++) {
      z[k + i] = (byte) (x[j + i] < y[l + i] ? 1 : 0);
    }
  }

  static void lessEqual(float[] x, int j, float[] y, int l, byte[] z, int k, int n) {
    for (int i = 0; i < n; i++) {
      z[k + i] = (byte) (x[j + i] <= y[l + i] ? 1 : 0);
    }
  }
}
