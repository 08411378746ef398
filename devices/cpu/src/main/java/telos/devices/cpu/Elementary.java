package telos.devices.cpu;

import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.VectorOperators.ABS;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.SQRT;
import static telos.devices.cpu.Lanes.FLOAT;
import static telos.devices.cpu.Lanes.WIDTH;

import jdk.incubator.vector.FloatVector;

/// Functions of one F32 array, `y[to + i] = f(x[from + i])` for `i < n`; the two may be the same.
///
/// Each function has its own loop: a loop shared through an interface is compiled for many callees
/// at once, boxes its vectors, and is a hundred times slower. Sine and cosine are in
/// [Trigonometry].
final class Elementary {
  private Elementary() {}

  static void neg(float[] x, int from, float[] y, int to, int n) {
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      FloatVector.fromArray(FLOAT, x, from + i).neg().intoArray(y, to + i);
    }
    for (; i < n; i++) {
      y[to + i] = -x[from + i];
    }
  }

  static void abs(float[] x, int from, float[] y, int to, int n) {
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      FloatVector.fromArray(FLOAT, x, from + i).lanewise(ABS).intoArray(y, to + i);
    }
    for (; i < n; i++) {
      y[to + i] = Math.abs(x[from + i]);
    }
  }

  static void recip(float[] x, int from, float[] y, int to, int n) {
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      FloatVector.broadcast(FLOAT, 1f)
          .div(FloatVector.fromArray(FLOAT, x, from + i))
          .intoArray(y, to + i);
    }
    for (; i < n; i++) {
      y[to + i] = 1f / x[from + i];
    }
  }

  static void sqrt(float[] x, int from, float[] y, int to, int n) {
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      FloatVector.fromArray(FLOAT, x, from + i).lanewise(SQRT).intoArray(y, to + i);
    }
    for (; i < n; i++) {
      y[to + i] = (float) Math.sqrt(x[from + i]);
    }
  }

  static void rsqrt(float[] x, int from, float[] y, int to, int n) {
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      FloatVector.broadcast(FLOAT, 1f)
          .div(FloatVector.fromArray(FLOAT, x, from + i).lanewise(SQRT))
          .intoArray(y, to + i);
    }
    for (; i < n; i++) {
      y[to + i] = 1f / (float) Math.sqrt(x[from + i]);
    }
  }

  static void sign(float[] x, int from, float[] y, int to, int n) {
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      FloatVector v = FloatVector.fromArray(FLOAT, x, from + i);
      v.blend(1f, v.compare(GT, 0f)).blend(-1f, v.compare(LT, 0f)).intoArray(y, to + i);
    }
    for (; i < n; i++) {
      y[to + i] = Math.signum(x[from + i]);
    }
  }

  static void floor(float[] x, int from, float[] y, int to, int n) {
    int whole = FLOAT.loopBound(n);
    if (whole > 0) {
      floorLanes(x, from, y, to, whole);
    }
    for (int i = whole; i < n; i++) {
      y[to + i] = VectorMath.floor(x[from + i]);
    }
  }

  private static void floorLanes(float[] x, int from, float[] y, int to, int n) {
    for (int i = 0; i < n; i += WIDTH) {
      VectorMath.floor(FloatVector.fromArray(FLOAT, x, from + i)).intoArray(y, to + i);
    }
  }

  static void exp(float[] x, int from, float[] y, int to, int n) {
    int whole = FLOAT.loopBound(n);
    if (whole > 0) {
      expLanes(x, from, y, to, whole);
    }
    for (int i = whole; i < n; i++) {
      y[to + i] = VectorMath.exp(x[from + i]);
    }
  }

  private static void expLanes(float[] x, int from, float[] y, int to, int n) {
    for (int i = 0; i < n; i += WIDTH) {
      VectorMath.exp(FloatVector.fromArray(FLOAT, x, from + i)).intoArray(y, to + i);
    }
  }

  static void log(float[] x, int from, float[] y, int to, int n) {
    int whole = FLOAT.loopBound(n);
    if (whole > 0) {
      logLanes(x, from, y, to, whole);
    }
    for (int i = whole; i < n; i++) {
      y[to + i] = Logarithm.log(x[from + i]);
    }
  }

  private static void logLanes(float[] x, int from, float[] y, int to, int n) {
    for (int i = 0; i < n; i += WIDTH) {
      Logarithm.log(FloatVector.fromArray(FLOAT, x, from + i)).intoArray(y, to + i);
    }
  }

  static void log1p(float[] x, int from, float[] y, int to, int n) {
    int whole = FLOAT.loopBound(n);
    if (whole > 0) {
      log1pLanes(x, from, y, to, whole);
    }
    for (int i = whole; i < n; i++) {
      y[to + i] = Logarithm.log1p(x[from + i]);
    }
  }

  private static void log1pLanes(float[] x, int from, float[] y, int to, int n) {
    for (int i = 0; i < n; i += WIDTH) {
      Logarithm.log1p(FloatVector.fromArray(FLOAT, x, from + i)).intoArray(y, to + i);
    }
  }

  static void tanh(float[] x, int from, float[] y, int to, int n) {
    int whole = FLOAT.loopBound(n);
    if (whole > 0) {
      tanhLanes(x, from, y, to, whole);
    }
    for (int i = whole; i < n; i++) {
      y[to + i] = VectorMath.tanh(x[from + i]);
    }
  }

  private static void tanhLanes(float[] x, int from, float[] y, int to, int n) {
    for (int i = 0; i < n; i += WIDTH) {
      VectorMath.tanh(FloatVector.fromArray(FLOAT, x, from + i)).intoArray(y, to + i);
    }
  }

  static void sigmoid(float[] x, int from, float[] y, int to, int n) {
    int whole = FLOAT.loopBound(n);
    if (whole > 0) {
      sigmoidLanes(x, from, y, to, whole);
    }
    for (int i = whole; i < n; i++) {
      y[to + i] = VectorMath.sigmoid(x[from + i]);
    }
  }

  private static void sigmoidLanes(float[] x, int from, float[] y, int to, int n) {
    for (int i = 0; i < n; i += WIDTH) {
      VectorMath.sigmoid(FloatVector.fromArray(FLOAT, x, from + i)).intoArray(y, to + i);
    }
  }

  /// In two loops (see [VectorMath]): `y` must not be `x`.
  static void erf(float[] x, int from, float[] y, int to, int n) {
    int whole = FLOAT.loopBound(n);
    if (whole > 0) {
      erfFar(x, from, y, to, whole);
      erfNear(x, from, y, to, whole);
    }
    for (int i = whole; i < n; i++) {
      y[to + i] = VectorMath.erf(x[from + i]);
    }
  }

  private static void erfFar(float[] x, int from, float[] y, int to, int n) {
    for (int i = 0; i < n; i += WIDTH) {
      VectorMath.erfFar(FloatVector.fromArray(FLOAT, x, from + i)).intoArray(y, to + i);
    }
  }

  private static void erfNear(float[] x, int from, float[] y, int to, int n) {
    for (int i = 0; i < n; i += WIDTH) {
      FloatVector v = FloatVector.fromArray(FLOAT, x, from + i);
      FloatVector z = v.mul(v);
      FloatVector p = z.fma(broadcast(FLOAT, VectorMath.A6), broadcast(FLOAT, VectorMath.A5));
      p = p.fma(z, broadcast(FLOAT, VectorMath.A4));
      p = p.fma(z, broadcast(FLOAT, VectorMath.A3));
      p = p.fma(z, broadcast(FLOAT, VectorMath.A2));
      p = p.fma(z, broadcast(FLOAT, VectorMath.A1));
      p = p.fma(z, broadcast(FLOAT, VectorMath.A0));
      FloatVector far = FloatVector.fromArray(FLOAT, y, to + i);
      p = p.fma(v, v).blend(far, z.compare(GT, 1f));
      p.blend(v.mul(0f), p.lanewise(ABS).compare(LT, VectorMath.MIN_NORMAL)).intoArray(y, to + i);
    }
  }
}
