package telos.devices.cpu;

import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.VectorOperators.ABS;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.LE;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LT;
import static telos.devices.cpu.Lanes.FLOAT;
import static telos.devices.cpu.Lanes.exact;
import static telos.devices.cpu.VectorMath.INFINITY;
import static telos.devices.cpu.VectorMath.LN2_HI;
import static telos.devices.cpu.VectorMath.LN2_LO;
import static telos.devices.cpu.VectorMath.MIN_NORMAL;
import static telos.devices.cpu.VectorMath.ROUND;
import static telos.devices.cpu.VectorMath.ROUND_BITS;
import static telos.devices.cpu.VectorMath.flush;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/// Natural logarithms: `x = 2^e (1 + f)` with `1 + f` in `[sqrt(1/2), sqrt(2))`, and a polynomial
/// in `f`. Largest error over all 2^32 arguments, in units in the last place of the exact result:
/// log 0.9, log1p 1.5. Otherwise as [VectorMath].
final class Logarithm {
  // (log(1 + f) - f + f^2 / 2) / f^3, minimax relative to log(1 + f)
  private static final float L3 = 3.333333135e-01f;
  private static final float L4 = -2.500082254e-01f;
  private static final float L5 = 2.000122815e-01f;
  private static final float L6 = -1.662333608e-01f;
  private static final float L7 = 1.420171857e-01f;
  private static final float L8 = -1.316036433e-01f;
  private static final float L9 = 1.276196241e-01f;
  private static final float L10 = -7.634487003e-02f;

  /// The bits of `sqrt(1/2)`: the mantissa of a logarithm lies in `[sqrt(1/2), sqrt(2))`.
  static final int SQRT_HALF_BITS = 0x3F3504F3;

  private static final int FRACTION = 0x007FFFFF;

  private Logarithm() {}

  /// `e ln 2 + log(1 + f)` with `x = 2^e (1 + f)`; subnormal arguments are scaled first.
  static FloatVector log(FloatVector x) {
    x = exact(x);
    var tiny = x.compare(LT, MIN_NORMAL);
    IntVector bits = x.blend(x.mul(0x1p23f), tiny).reinterpretAsInts().sub(SQRT_HALF_BITS);
    FloatVector e = exponent(bits);
    FloatVector y = logOf(fraction(bits), e.blend(e.sub(23f), tiny));
    y = x.blend(y, x.compare(LE, Float.MAX_VALUE));
    return y.blend(-INFINITY, x.compare(EQ, 0f)).blend(Float.NaN, x.compare(LT, 0f));
  }

  static float log(float x) {
    boolean tiny = x < MIN_NORMAL;
    int bits = Float.floatToRawIntBits(tiny ? x * 0x1p23f : x) - SQRT_HALF_BITS;
    float e = exponent(bits);
    float y = logOf(fraction(bits), tiny ? e - 23f : e);
    y = x <= Float.MAX_VALUE ? y : x;
    return x < 0f ? Float.NaN : x == 0f ? -INFINITY : y;
  }

  /// The exponent as a float, of bits from which those of `sqrt(1/2)` were subtracted.
  static FloatVector exponent(IntVector bits) {
    bits = exact(bits);
    return bits.lanewise(ASHR, 23).add(ROUND_BITS).reinterpretAsFloats().sub(ROUND);
  }

  static float exponent(int bits) {
    return Float.intBitsToFloat((bits >> 23) + ROUND_BITS) - ROUND;
  }

  /// The mantissa less one, exact, of such bits.
  static FloatVector fraction(IntVector bits) {
    bits = exact(bits);
    return bits.and(FRACTION).add(SQRT_HALF_BITS).reinterpretAsFloats().sub(1f);
  }

  static float fraction(int bits) {
    return Float.intBitsToFloat((bits & FRACTION) + SQRT_HALF_BITS) - 1f;
  }

  /// `log(1 + f) + e ln 2` for `1 + f` in `[sqrt(1/2), sqrt(2))`.
  private static FloatVector logOf(FloatVector f, FloatVector e) {
    f = exact(f);
    e = exact(e);
    FloatVector p = f.fma(broadcast(FLOAT, L10), broadcast(FLOAT, L9));
    p = p.fma(f, broadcast(FLOAT, L8));
    p = p.fma(f, broadcast(FLOAT, L7));
    p = p.fma(f, broadcast(FLOAT, L6));
    p = p.fma(f, broadcast(FLOAT, L5));
    p = p.fma(f, broadcast(FLOAT, L4));
    p = p.fma(f, broadcast(FLOAT, L3));
    FloatVector square = f.mul(f);
    FloatVector low = e.fma(broadcast(FLOAT, LN2_LO), p.mul(f).mul(square));
    return e.fma(broadcast(FLOAT, LN2_HI), f.add(square.fma(broadcast(FLOAT, -0.5f), low)));
  }

  private static float logOf(float f, float e) {
    float p = Math.fma(f, L10, L9);
    p = Math.fma(p, f, L8);
    p = Math.fma(p, f, L7);
    p = Math.fma(p, f, L6);
    p = Math.fma(p, f, L5);
    p = Math.fma(p, f, L4);
    p = Math.fma(p, f, L3);
    float square = f * f;
    float low = Math.fma(e, LN2_LO, p * f * square);
    return Math.fma(e, LN2_HI, f + Math.fma(square, -0.5f, low));
  }

  /// The logarithm of `u = 1 + x`, whose rounding error (Knuth's two-sum) joins the mantissa.
  static FloatVector log1p(FloatVector x) {
    x = exact(x);
    FloatVector u = x.add(1f);
    FloatVector back = u.sub(1f);
    FloatVector error = broadcast(FLOAT, 1f).sub(u.sub(back)).add(x.sub(back));
    IntVector bits = u.reinterpretAsInts().sub(SQRT_HALF_BITS);
    IntVector scale = bits.lanewise(ASHR, 23).neg().add(127).max(0).lanewise(LSHL, 23);
    FloatVector f = error.fma(scale.reinterpretAsFloats(), fraction(bits));
    FloatVector y = logOf(f, exponent(bits));
    y = y.blend(x.mul(0f), y.lanewise(ABS).compare(LT, MIN_NORMAL));
    y = x.blend(y, x.compare(LE, Float.MAX_VALUE));
    return y.blend(-INFINITY, x.compare(EQ, -1f)).blend(Float.NaN, x.compare(LT, -1f));
  }

  static float log1p(float x) {
    float u = x + 1f;
    float back = u - 1f;
    float error = 1f - (u - back) + (x - back);
    int bits = Float.floatToRawIntBits(u) - SQRT_HALF_BITS;
    int scale = Math.max(-(bits >> 23) + 127, 0) << 23;
    float f = Math.fma(error, Float.intBitsToFloat(scale), fraction(bits));
    float y = flush(logOf(f, exponent(bits)), x);
    y = x <= Float.MAX_VALUE ? y : x;
    return x < -1f ? Float.NaN : x == -1f ? -INFINITY : y;
  }
}
