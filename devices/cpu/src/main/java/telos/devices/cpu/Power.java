package telos.devices.cpu;

import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.VectorOperators.ABS;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LE;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LT;
import static telos.devices.cpu.Lanes.FLOAT;
import static telos.devices.cpu.Lanes.WIDTH;
import static telos.devices.cpu.Logarithm.SQRT_HALF_BITS;
import static telos.devices.cpu.Logarithm.exponent;
import static telos.devices.cpu.Logarithm.fraction;
import static telos.devices.cpu.VectorMath.INFINITY;
import static telos.devices.cpu.VectorMath.LN2_HI;
import static telos.devices.cpu.VectorMath.LN2_LO;
import static telos.devices.cpu.VectorMath.LOG2E;
import static telos.devices.cpu.VectorMath.MIN_NORMAL;
import static telos.devices.cpu.VectorMath.ROUND;
import static telos.devices.cpu.VectorMath.ROUND_BITS;
import static telos.devices.cpu.VectorMath.SIGN;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/// `x^y = exp(y log|x|)` with the logarithm as an unevaluated sum of two floats, since an error of
/// its last bit would be multiplied by up to 88. At most 5 ulp, the most where `y log x` is
/// largest; special values as [java.lang.Math#pow]; results below 2^-126 are flushed to zero.
///
/// `log m = 2 s + s^3 Q(s^2)` with `s = (m - 1) / (m + 1)` in two floats (Dekker): the second term
/// is under 1 % of the first, so one float is enough for it.
final class Power {
  /// `ln 2` in two steps of which the first has 16 bits: its product with an exponent is exact.
  private static final float SHORT_LN2 = 0x1.62e4p-1f;

  private static final float REST_LN2 = 0x1.7f7d1cp-20f;

  // (log((1 + s) / (1 - s)) - 2 s) / s^3 in s^2
  private static final float Q0 = 6.666666269e-01f;
  private static final float Q1 = 4.000033438e-01f;
  private static final float Q2 = 2.853733301e-01f;
  private static final float Q3 = 2.358175516e-01f;

  // (e^r - 1 - r) / r^2
  private static final float E2 = 5.000000000e-01f;
  private static final float E3 = 1.666666567e-01f;
  private static final float E4 = 4.166634753e-02f;
  private static final float E5 = 8.333391510e-03f;
  private static final float E6 = 1.394165214e-03f;
  private static final float E7 = 1.984595874e-04f;

  private static final int PIECE = 512;

  private Power() {}

  /// `z = x^y` in three loops over [#PIECE] elements at a time (see [VectorMath]).
  static void pow(float[] x, int j, float[] y, int l, float[] z, int k, int n) {
    int whole = FLOAT.loopBound(n);
    float[] high = new float[Math.min(whole, PIECE)];
    float[] low = new float[high.length];
    for (int at = 0; at < whole; at += PIECE) {
      int size = Math.min(PIECE, whole - at);
      logs(x, j + at, high, low, size);
      powers(high, low, y, l + at, size);
      signs(high, x, j + at, y, l + at, z, k + at, size);
    }
    for (int i = whole; i < n; i++) {
      z[k + i] = pow(x[j + i], y[l + i]);
    }
  }

  /// `high + low = log|x|`.
  private static void logs(float[] from, int at, float[] high, float[] low, int n) {
    for (int i = 0; i < n; i += WIDTH) {
      FloatVector a = FloatVector.fromArray(FLOAT, from, at + i).lanewise(ABS);
      var tiny = a.compare(LT, MIN_NORMAL);
      IntVector bits = a.blend(a.mul(0x1p23f), tiny).reinterpretAsInts().sub(SQRT_HALF_BITS);
      FloatVector e = exponent(bits);
      e = e.blend(e.sub(23f), tiny);
      FloatVector f = fraction(bits);
      FloatVector d = f.add(2f);
      FloatVector s = f.div(d);
      FloatVector rest = s.neg().fma(d, f).sub(s.mul(f.sub(d.sub(2f)))).div(d);
      FloatVector z = s.mul(s);
      FloatVector q = z.fma(broadcast(FLOAT, Q3), broadcast(FLOAT, Q2));
      q = q.fma(z, broadcast(FLOAT, Q1));
      q = q.fma(z, broadcast(FLOAT, Q0)).mul(z).mul(s);
      FloatVector large = e.mul(SHORT_LN2);
      FloatVector twice = s.mul(2f);
      FloatVector sum = large.add(twice);
      FloatVector rounding = twice.sub(sum.sub(large));
      FloatVector small = e.fma(broadcast(FLOAT, REST_LN2), q).add(rest.mul(2f));
      small = rounding.add(small);
      FloatVector log = sum.add(small);
      small.sub(log.sub(sum)).intoArray(low, i);
      log = a.blend(log, a.compare(LE, Float.MAX_VALUE)).blend(-INFINITY, a.compare(EQ, 0f));
      log.intoArray(high, i);
    }
  }

  /// `high = exp(y (high + low))`; the power of two comes in two factors, so that only the result
  /// can overflow.
  private static void powers(float[] high, float[] low, float[] exponents, int at, int n) {
    for (int i = 0; i < n; i += WIDTH) {
      FloatVector y = FloatVector.fromArray(FLOAT, exponents, at + i);
      FloatVector log = FloatVector.fromArray(FLOAT, high, i);
      FloatVector x = y.mul(log);
      FloatVector rest = y.fma(FloatVector.fromArray(FLOAT, low, i), y.fma(log, x.neg()));
      FloatVector t = x.fma(broadcast(FLOAT, LOG2E), broadcast(FLOAT, ROUND));
      FloatVector n2 = t.sub(ROUND);
      FloatVector r = n2.fma(broadcast(FLOAT, -LN2_HI), x);
      r = r.add(n2.fma(broadcast(FLOAT, -LN2_LO), rest));
      FloatVector p = r.fma(broadcast(FLOAT, E7), broadcast(FLOAT, E6));
      p = p.fma(r, broadcast(FLOAT, E5));
      p = p.fma(r, broadcast(FLOAT, E4));
      p = p.fma(r, broadcast(FLOAT, E3));
      p = p.fma(r, broadcast(FLOAT, E2));
      p = p.fma(r, broadcast(FLOAT, 1f));
      p = p.fma(r, broadcast(FLOAT, 1f));
      IntVector k = t.reinterpretAsInts().sub(ROUND_BITS);
      IntVector half = k.lanewise(ASHR, 1);
      p = p.mul(half.add(127).lanewise(LSHL, 23).reinterpretAsFloats());
      p = p.mul(k.sub(half).add(127).lanewise(LSHL, 23).reinterpretAsFloats());
      p = p.blend(0f, p.compare(LT, MIN_NORMAL)).blend(0f, x.compare(LT, -88f));
      p.blend(INFINITY, x.compare(GT, 89f)).intoArray(high, i);
    }
  }

  /// The powers of `x` given those of `|x|`: 1 for `y = 0`, negative for odd `y`, NaN for finite
  /// negative `x` and `y` not an integer. `w` has the unit bit of `|y|` last.
  private static void signs(
      float[] powers, float[] from, int j, float[] exponents, int l, float[] z, int k, int n) {
    for (int i = 0; i < n; i += WIDTH) {
      FloatVector x = FloatVector.fromArray(FLOAT, from, j + i);
      FloatVector y = FloatVector.fromArray(FLOAT, exponents, l + i);
      FloatVector power = FloatVector.fromArray(FLOAT, powers, i).blend(1f, y.compare(EQ, 0f));
      FloatVector a = y.lanewise(ABS);
      FloatVector w = a.add(0x1p23f).blend(a, a.compare(GE, 0x1p23f));
      var fractional = a.compare(LT, 0x1p23f).and(w.sub(0x1p23f).compare(EQ, a).not());
      IntVector odd = w.reinterpretAsInts().lanewise(LSHL, 31);
      odd = odd.and(x.reinterpretAsInts().and(SIGN));
      FloatVector negated = power.reinterpretAsInts().or(odd).reinterpretAsFloats();
      FloatVector r = power.blend(negated, a.compare(LT, 0x1p24f).and(fractional.not()));
      var undefined = x.compare(LT, 0f).and(x.compare(GE, -Float.MAX_VALUE)).and(fractional);
      r.blend(Float.NaN, undefined).intoArray(z, k + i);
    }
  }

  static float pow(float x, float y) {
    float a = Math.abs(x);
    boolean tiny = a < MIN_NORMAL;
    int bits = Float.floatToRawIntBits(tiny ? a * 0x1p23f : a) - SQRT_HALF_BITS;
    float e = exponent(bits);
    e = tiny ? e - 23f : e;
    float f = fraction(bits);
    float d = f + 2f;
    float s = f / d;
    float rest = (Math.fma(-s, d, f) - s * (f - (d - 2f))) / d;
    float z = s * s;
    float q = Math.fma(z, Q3, Q2);
    q = Math.fma(q, z, Q1);
    q = Math.fma(q, z, Q0) * z * s;
    float large = e * SHORT_LN2;
    float twice = s * 2f;
    float sum = large + twice;
    float low = twice - (sum - large) + (Math.fma(e, REST_LN2, q) + rest * 2f);
    float log = sum + low;
    low = low - (log - sum);
    log = a == 0f ? -INFINITY : a <= Float.MAX_VALUE ? log : a;
    float product = y * log;
    float power = exp(product, Math.fma(y, low, Math.fma(y, log, -product)));
    return signed(y == 0f ? 1f : power, x, y);
  }

  /// `exp(x + low)`.
  private static float exp(float x, float low) {
    float t = Math.fma(x, LOG2E, ROUND);
    float n = t - ROUND;
    float r = Math.fma(n, -LN2_HI, x) + Math.fma(n, -LN2_LO, low);
    float p = Math.fma(r, E7, E6);
    p = Math.fma(p, r, E5);
    p = Math.fma(p, r, E4);
    p = Math.fma(p, r, E3);
    p = Math.fma(p, r, E2);
    p = Math.fma(p, r, 1f);
    p = Math.fma(p, r, 1f);
    int k = Float.floatToRawIntBits(t) - ROUND_BITS;
    int half = k >> 1;
    float y = p * scale(half) * scale(k - half);
    y = y < MIN_NORMAL || x < -88f ? 0f : y;
    return x > 89f ? INFINITY : y;
  }

  private static float scale(int k) {
    return Float.intBitsToFloat((k + 127) << 23);
  }

  private static float signed(float power, float x, float y) {
    float a = Math.abs(y);
    float w = a >= 0x1p23f ? a : a + 0x1p23f;
    boolean fractional = a < 0x1p23f && w - 0x1p23f != a;
    int odd = (Float.floatToRawIntBits(w) << 31) & Float.floatToRawIntBits(x);
    float negated = Float.intBitsToFloat(Float.floatToRawIntBits(power) | odd);
    float r = a < 0x1p24f && !fractional ? negated : power;
    return x < 0f && x >= -Float.MAX_VALUE && fractional ? Float.NaN : r;
  }
}
