package telos.devices.cpu;

import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.VectorOperators.ABS;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.LE;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static telos.devices.cpu.Lanes.FLOAT;
import static telos.devices.cpu.Lanes.WIDTH;
import static telos.devices.cpu.Lanes.exact;
import static telos.devices.cpu.VectorMath.ROUND;
import static telos.devices.cpu.VectorMath.SIGN;
import static telos.devices.cpu.VectorMath.flush;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/// Sine and cosine: `x = n pi/2 + r` by three fused steps (Cody and Waite), then a polynomial
/// chosen by `n mod 4`. At most 1.6 ulp. The steps are sharp up to [#REACH]; arguments beyond it,
/// which no angle in a model reaches, take [StrictMath] in the scalar function, and the vector
/// function is not defined there: [#sin(float\[\], int, float\[\], int, int)] joins the two.
final class Trigonometry {
  /// Largest magnitude the vector functions accept.
  static final float REACH = 0x1p18f;

  private static final float TWO_OVER_PI = 0x1.45f306p-1f;
  private static final float PI_1 = 0x1.921fb6p0f;
  private static final float PI_2 = -0x1.777a5cp-25f;
  private static final float PI_3 = -0x1.ee59dap-50f;

  // sin(r) = r + r^3 (S3 + ...), cos(r) = 1 - r^2/2 + r^4 (C4 + ...)
  private static final float S3 = -1.666666716e-01f;
  private static final float S5 = 8.333329111e-03f;
  private static final float S7 = -1.983915135e-04f;
  private static final float S9 = 2.716604286e-06f;
  private static final float C4 = 4.166666791e-02f;
  private static final float C6 = -1.388888224e-03f;
  private static final float C8 = 2.479928298e-05f;
  private static final float C10 = -2.719142742e-07f;

  private Trigonometry() {}

  static void sin(float[] x, int from, float[] y, int to, int n) {
    int whole = FLOAT.loopBound(n);
    if (whole > 0) {
      sinLanes(x, from, y, to, whole);
    }
    scalarSin(x, from + whole, y, to + whole, n - whole);
  }

  private static void sinLanes(float[] x, int from, float[] y, int to, int n) {
    for (int i = 0; i < n; i += WIDTH) {
      FloatVector v = FloatVector.fromArray(FLOAT, x, from + i);
      if (v.lanewise(ABS).compare(LE, REACH).allTrue()) {
        sin(v).intoArray(y, to + i);
      } else {
        scalarSin(x, from + i, y, to + i, WIDTH);
      }
    }
  }

  static void cos(float[] x, int from, float[] y, int to, int n) {
    int whole = FLOAT.loopBound(n);
    if (whole > 0) {
      cosLanes(x, from, y, to, whole);
    }
    scalarCos(x, from + whole, y, to + whole, n - whole);
  }

  private static void cosLanes(float[] x, int from, float[] y, int to, int n) {
    for (int i = 0; i < n; i += WIDTH) {
      FloatVector v = FloatVector.fromArray(FLOAT, x, from + i);
      if (v.lanewise(ABS).compare(LE, REACH).allTrue()) {
        cos(v).intoArray(y, to + i);
      } else {
        scalarCos(x, from + i, y, to + i, WIDTH);
      }
    }
  }

  private static void scalarSin(float[] x, int from, float[] y, int to, int n) {
    for (int i = 0; i < n; i++) {
      y[to + i] = sin(x[from + i]);
    }
  }

  private static void scalarCos(float[] x, int from, float[] y, int to, int n) {
    for (int i = 0; i < n; i++) {
      y[to + i] = cos(x[from + i]);
    }
  }

  static FloatVector sin(FloatVector x) {
    x = exact(x);
    FloatVector t = x.fma(broadcast(FLOAT, TWO_OVER_PI), broadcast(FLOAT, ROUND));
    return flush(ofQuadrant(t.reinterpretAsInts(), remainder(x, t.sub(ROUND))), x);
  }

  static float sin(float x) {
    if (!(Math.abs(x) <= REACH)) {
      return (float) StrictMath.sin((double) x);
    }
    float t = Math.fma(x, TWO_OVER_PI, ROUND);
    return flush(ofQuadrant(Float.floatToRawIntBits(t), remainder(x, t - ROUND)), x);
  }

  static FloatVector cos(FloatVector x) {
    x = exact(x);
    FloatVector t = x.fma(broadcast(FLOAT, TWO_OVER_PI), broadcast(FLOAT, ROUND));
    return ofQuadrant(t.reinterpretAsInts().add(1), remainder(x, t.sub(ROUND)));
  }

  static float cos(float x) {
    if (!(Math.abs(x) <= REACH)) {
      return (float) StrictMath.cos((double) x);
    }
    float t = Math.fma(x, TWO_OVER_PI, ROUND);
    return ofQuadrant(Float.floatToRawIntBits(t) + 1, remainder(x, t - ROUND));
  }

  private static FloatVector remainder(FloatVector x, FloatVector n) {
    n = exact(n);
    x = exact(x);
    return n.fma(
        broadcast(FLOAT, -PI_3), n.fma(broadcast(FLOAT, -PI_2), n.fma(broadcast(FLOAT, -PI_1), x)));
  }

  private static float remainder(float x, float n) {
    return Math.fma(n, -PI_3, Math.fma(n, -PI_2, Math.fma(n, -PI_1, x)));
  }

  /// `sin(r + n pi/2)`; only the two low bits of `n` count.
  private static FloatVector ofQuadrant(IntVector n, FloatVector r) {
    n = exact(n);
    r = exact(r);
    FloatVector z = r.mul(r);
    FloatVector sine = z.fma(broadcast(FLOAT, S9), broadcast(FLOAT, S7));
    sine = sine.fma(z, broadcast(FLOAT, S5));
    sine = sine.fma(z, broadcast(FLOAT, S3));
    sine = sine.mul(z).fma(r, r);
    FloatVector cosine = z.fma(broadcast(FLOAT, C10), broadcast(FLOAT, C8));
    cosine = cosine.fma(z, broadcast(FLOAT, C6));
    cosine = cosine.fma(z, broadcast(FLOAT, C4));
    cosine = cosine.fma(z, broadcast(FLOAT, -0.5f)).fma(z, broadcast(FLOAT, 1f));
    var even = n.and(1).compare(EQ, 0).cast(FLOAT);
    IntVector sign = n.lanewise(LSHL, 30).and(SIGN);
    return cosine
        .blend(sine, even)
        .reinterpretAsInts()
        .lanewise(jdk.incubator.vector.VectorOperators.XOR, sign)
        .reinterpretAsFloats();
  }

  private static float ofQuadrant(int n, float r) {
    float z = r * r;
    float sine = Math.fma(z, S9, S7);
    sine = Math.fma(sine, z, S5);
    sine = Math.fma(sine, z, S3);
    sine = Math.fma(sine * z, r, r);
    float cosine = Math.fma(z, C10, C8);
    cosine = Math.fma(cosine, z, C6);
    cosine = Math.fma(cosine, z, C4);
    cosine = Math.fma(Math.fma(cosine, z, -0.5f), z, 1f);
    float value = (n & 1) == 0 ? sine : cosine;
    return Float.intBitsToFloat(Float.floatToRawIntBits(value) ^ ((n << 30) & SIGN));
  }
}
