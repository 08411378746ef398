package telos.devices.cpu;

import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.VectorOperators.ABS;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LE;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LT;
import static telos.devices.cpu.Lanes.FLOAT;
import static telos.devices.cpu.Lanes.exact;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/// Elementary functions of F32 made of correctly rounded operations alone (add, mul, div, fma and
/// integer lane operations), so that the bits depend neither on the vector width nor on whether the
/// JIT has compiled yet. `lanewise(EXP)` gives no such promise.
///
/// C2 inlines our methods into a loop only until that has filled a budget of nodes (about 40 lane
/// operations); a vector passed to a method beyond it is boxed, a hundred times slower. The Vector
/// API itself is always inlined. So long functions spell their last steps out or run as two loops.
///
/// Nor does C2 inline them where its profile says that a call is rare: in one that saw 100 000
/// small tensors before the first large one, a loop over registers is. So a loop that calls these
/// functions stands in a method of its own (`...Lanes`), which is entered only with at least one
/// register to do: there the call is never rare.
///
/// Nor, at last, where it has compiled one by itself already, to much code: see [Lanes#exact],
/// which each takes its arguments through before it computes with them.
///
/// Each function has a scalar twin that equals it on every bit pattern (NaN equals NaN). They are
/// free of branches: range ends are blends. Results below 2^-126 are flushed to a zero of the sign
/// of the result. Largest error over all 2^32 arguments, in units in the last place of the exact
/// result: exp 0.9, tanh 1.4, sigmoid 2.0, erf 1.1; see [Logarithm], [Trigonometry] and [Power] for
/// the others.
final class VectorMath {
  /// `1.5 * 2^23`: adding it rounds to an integer, which its low bits then hold.
  static final float ROUND = 0x1.8p23f;

  static final int ROUND_BITS = 0x4B400000;
  static final int SIGN = 0x80000000;
  static final float MIN_NORMAL = 0x1p-126f;
  static final float INFINITY = Float.POSITIVE_INFINITY;

  /// Largest argument whose exponential is finite.
  static final float EXP_MAX = 0x1.62e42ep6f;

  /// Smallest argument whose exponential is normal.
  static final float EXP_MIN = -0x1.5d589ep6f;

  static final float LOG2E = 0x1.715476p0f;

  /// `ln 2` in two steps.
  static final float LN2_HI = 0x1.62e43p-1f;

  static final float LN2_LO = -0x1.05c61p-29f;

  private static final int TEN_BITS = 0x41200000;
  private static final int FOUR_BITS = 0x40800000;

  // (e^r - 1 - r) / r^2 on |r| <= ln(2)/2, minimax relative to e^r
  private static final float E2 = 4.999999404e-01f;
  private static final float E3 = 1.666651517e-01f;
  private static final float E4 = 4.166845605e-02f;
  private static final float E5 = 8.369418792e-03f;
  private static final float E6 = 1.381314476e-03f;

  // (tanh(x) - x) / x^3 in x^2 on |x| <= 5/8
  private static final float T3 = -3.333327770e-01f;
  private static final float T5 = 1.333133131e-01f;
  private static final float T7 = -5.373000726e-02f;
  private static final float T9 = 2.060617693e-02f;
  private static final float T11 = -5.666977260e-03f;

  // erf(x) / x - 1 in x^2 on |x| <= 1
  static final float A0 = 1.283791661e-01f;
  static final float A1 = -3.761262596e-01f;
  static final float A2 = 1.128358543e-01f;
  static final float A3 = -2.685381286e-02f;
  static final float A4 = 5.188328214e-03f;
  static final float A5 = -8.010198362e-04f;
  static final float A6 = 7.853876014e-05f;

  // log(1 - erf(x)) on [1, 4]
  private static final float B0 = -3.415230312e-04f;
  private static final float B1 = -1.127089143e+00f;
  private static final float B2 = -6.381448507e-01f;
  private static final float B3 = -1.031067520e-01f;
  private static final float B4 = 2.183806337e-02f;
  private static final float B5 = -2.947658300e-03f;
  private static final float B6 = 1.863791986e-04f;

  private VectorMath() {}

  /// `2^n (1 + r (1 + r (...)))` with `x = n ln 2 + r`; `n` is added to the exponent's bits.
  static FloatVector exp(FloatVector x) {
    x = exact(x);
    FloatVector t = x.fma(broadcast(FLOAT, LOG2E), broadcast(FLOAT, ROUND));
    FloatVector p = expOf(t.sub(ROUND), x);
    IntVector bits = p.reinterpretAsInts().add(t.reinterpretAsInts().lanewise(LSHL, 23));
    FloatVector y = bits.reinterpretAsFloats().blend(0f, x.compare(LT, EXP_MIN));
    return x.add(INFINITY).blend(y, x.compare(LE, EXP_MAX));
  }

  static float exp(float x) {
    float t = Math.fma(x, LOG2E, ROUND);
    float p = expOf(t - ROUND, x);
    int bits = Float.floatToRawIntBits(p) + (Float.floatToRawIntBits(t) << 23);
    float y = x < EXP_MIN ? 0f : Float.intBitsToFloat(bits);
    return x <= EXP_MAX ? y : x + INFINITY;
  }

  /// [#exp] for `|x| <= 87`, where it has no ends to look after; of NaN it is NaN or anything.
  static FloatVector boundedExp(FloatVector x) {
    x = exact(x);
    FloatVector t = x.fma(broadcast(FLOAT, LOG2E), broadcast(FLOAT, ROUND));
    FloatVector p = expOf(t.sub(ROUND), x);
    return p.reinterpretAsInts()
        .add(t.reinterpretAsInts().lanewise(LSHL, 23))
        .reinterpretAsFloats();
  }

  /// `exp(x - n ln 2)` for an `x` near `n ln 2`.
  private static FloatVector expOf(FloatVector n, FloatVector x) {
    n = exact(n);
    x = exact(x);
    FloatVector r = n.fma(broadcast(FLOAT, -LN2_LO), n.fma(broadcast(FLOAT, -LN2_HI), x));
    return slope(r).fma(r, broadcast(FLOAT, 1f));
  }

  private static float expOf(float n, float x) {
    float r = Math.fma(n, -LN2_LO, Math.fma(n, -LN2_HI, x));
    return Math.fma(slope(r), r, 1f);
  }

  /// `(exp(r) - 1) / r`.
  private static FloatVector slope(FloatVector r) {
    r = exact(r);
    FloatVector p = r.fma(broadcast(FLOAT, E6), broadcast(FLOAT, E5));
    p = p.fma(r, broadcast(FLOAT, E4));
    p = p.fma(r, broadcast(FLOAT, E3));
    p = p.fma(r, broadcast(FLOAT, E2));
    return p.fma(r, broadcast(FLOAT, 1f));
  }

  private static float slope(float r) {
    float p = Math.fma(r, E6, E5);
    p = Math.fma(p, r, E4);
    p = Math.fma(p, r, E3);
    p = Math.fma(p, r, E2);
    return Math.fma(p, r, 1f);
  }

  /// `2^n` for `t = n + ROUND`.
  private static FloatVector powerOfTwo(FloatVector t) {
    return exact(t).reinterpretAsInts().add(127).lanewise(LSHL, 23).reinterpretAsFloats();
  }

  private static float powerOfTwo(float t) {
    return Float.intBitsToFloat((Float.floatToRawIntBits(t) + 127) << 23);
  }

  /// A polynomial up to 5/8, `1 - 2 / (exp(2 |x|) + 1)` from there on; one from 10 on.
  static FloatVector tanh(FloatVector x) {
    x = exact(x);
    FloatVector z = x.mul(x);
    FloatVector p = z.fma(broadcast(FLOAT, T11), broadcast(FLOAT, T9));
    p = p.fma(z, broadcast(FLOAT, T7));
    p = p.fma(z, broadcast(FLOAT, T5));
    p = p.fma(z, broadcast(FLOAT, T3));
    FloatVector near = p.mul(z).fma(x, x);
    FloatVector u = magnitude(x, TEN_BITS).mul(2f);
    FloatVector t = u.fma(broadcast(FLOAT, LOG2E), broadcast(FLOAT, ROUND));
    FloatVector e = expOf(t.sub(ROUND), u).mul(powerOfTwo(t));
    IntVector far =
        broadcast(FLOAT, 1f).sub(broadcast(FLOAT, 2f).div(e.add(1f))).reinterpretAsInts();
    far = far.or(x.reinterpretAsInts().and(SIGN));
    FloatVector y = near.blend(far.reinterpretAsFloats(), z.compare(GT, 0.390625f));
    return y.blend(x.mul(0f), y.lanewise(ABS).compare(LT, MIN_NORMAL));
  }

  static float tanh(float x) {
    float z = x * x;
    float p = Math.fma(z, T11, T9);
    p = Math.fma(p, z, T7);
    p = Math.fma(p, z, T5);
    p = Math.fma(p, z, T3);
    float near = Math.fma(p * z, x, x);
    float u = magnitude(x, TEN_BITS) * 2f;
    float t = Math.fma(u, LOG2E, ROUND);
    float e = expOf(t - ROUND, u) * powerOfTwo(t);
    float far = withSign(1f - 2f / (e + 1f), x);
    return flush(z > 0.390625f ? far : near, x);
  }

  /// `s = 1 / (1 + e)` or `e / (1 + e)` with `e = 2^n p = exp(-|x|)`, so that neither tail loses
  /// digits. Below zero the rounding error of `p` is put back to first order, with the derivative
  /// `s (1 - s)` and `1 / p` near `2 - p`.
  static FloatVector sigmoid(FloatVector x) {
    x = exact(x);
    FloatVector a = x.lanewise(ABS).neg();
    FloatVector t = a.fma(broadcast(FLOAT, LOG2E), broadcast(FLOAT, ROUND));
    FloatVector n = t.sub(ROUND);
    FloatVector r = n.fma(broadcast(FLOAT, -LN2_LO), n.fma(broadcast(FLOAT, -LN2_HI), a));
    FloatVector slope = slope(r);
    FloatVector p = slope.fma(r, broadcast(FLOAT, 1f));
    FloatVector error = slope.fma(r, broadcast(FLOAT, 1f).sub(p)).mul(broadcast(FLOAT, 2f).sub(p));
    FloatVector e = p.mul(powerOfTwo(t));
    var negative = x.compare(LT, 0f);
    FloatVector s = broadcast(FLOAT, 1f).blend(e, negative).div(e.add(1f));
    s = s.blend(error.mul(broadcast(FLOAT, 1f).sub(s)).fma(s, s), negative);
    return s.blend(broadcast(FLOAT, 0f).blend(1f, x.compare(GT, 0f)), a.compare(LT, EXP_MIN));
  }

  static float sigmoid(float x) {
    float a = -Math.abs(x);
    float t = Math.fma(a, LOG2E, ROUND);
    float n = t - ROUND;
    float r = Math.fma(n, -LN2_LO, Math.fma(n, -LN2_HI, a));
    float slope = slope(r);
    float p = Math.fma(slope, r, 1f);
    float error = Math.fma(slope, r, 1f - p) * (2f - p);
    float e = p * powerOfTwo(t);
    float s = (x < 0f ? e : 1f) / (e + 1f);
    s = x < 0f ? Math.fma(error * (1f - s), s, s) : s;
    return a < EXP_MIN ? (x > 0f ? 1f : 0f) : s;
  }

  /// The error function beyond 1: `1 - exp(q)`, `q` a polynomial; one from 4 on.
  static FloatVector erfFar(FloatVector x) {
    x = exact(x);
    FloatVector c = magnitude(x, FOUR_BITS);
    FloatVector q = c.fma(broadcast(FLOAT, B6), broadcast(FLOAT, B5));
    q = q.fma(c, broadcast(FLOAT, B4));
    q = q.fma(c, broadcast(FLOAT, B3));
    q = q.fma(c, broadcast(FLOAT, B2));
    q = q.fma(c, broadcast(FLOAT, B1));
    q = q.fma(c, broadcast(FLOAT, B0));
    FloatVector t = q.fma(broadcast(FLOAT, LOG2E), broadcast(FLOAT, ROUND));
    FloatVector e = expOf(t.sub(ROUND), q).mul(powerOfTwo(t));
    return withSign(broadcast(FLOAT, 1f).sub(e), x);
  }

  private static float erfFar(float x) {
    float c = magnitude(x, FOUR_BITS);
    float q = Math.fma(c, B6, B5);
    q = Math.fma(q, c, B4);
    q = Math.fma(q, c, B3);
    q = Math.fma(q, c, B2);
    q = Math.fma(q, c, B1);
    q = Math.fma(q, c, B0);
    float t = Math.fma(q, LOG2E, ROUND);
    float e = expOf(t - ROUND, q) * powerOfTwo(t);
    return withSign(1f - e, x);
  }

  /// A polynomial up to 1, what [#erfFar] gives from there on. Its vector form is two loops, in
  /// [Elementary#erf].
  static float erf(float x) {
    float z = x * x;
    float p = Math.fma(z, A6, A5);
    p = Math.fma(p, z, A4);
    p = Math.fma(p, z, A3);
    p = Math.fma(p, z, A2);
    p = Math.fma(p, z, A1);
    p = Math.fma(p, z, A0);
    return flush(z > 1f ? erfFar(x) : Math.fma(p, x, x), x);
  }

  /// `min(|x|, bound)`; of NaN the bound. Bits of positive floats are in the order of the floats.
  private static FloatVector magnitude(FloatVector x, int boundBits) {
    x = exact(x);
    return x.reinterpretAsInts().and(~SIGN).min(boundBits).reinterpretAsFloats();
  }

  private static float magnitude(float x, int boundBits) {
    return Float.intBitsToFloat(Math.min(Float.floatToRawIntBits(x) & ~SIGN, boundBits));
  }

  /// Rounds to the nearest integer by adding 2^23, then steps down where that went up.
  static FloatVector floor(FloatVector x) {
    x = exact(x);
    FloatVector a = x.lanewise(ABS);
    FloatVector near = withSign(a.add(0x1p23f).sub(0x1p23f), x);
    FloatVector y = withSign(near.blend(near.sub(1f), near.compare(GT, x)).lanewise(ABS), x);
    return x.blend(y, a.compare(LT, 0x1p23f));
  }

  static float floor(float x) {
    float a = Math.abs(x);
    float near = withSign(a + 0x1p23f - 0x1p23f, x);
    float y = withSign(Math.abs(near > x ? near - 1f : near), x);
    return a < 0x1p23f ? y : x;
  }

  /// A non-negative `y` with the sign of `x`.
  static FloatVector withSign(FloatVector y, FloatVector x) {
    y = exact(y);
    x = exact(x);
    IntVector sign = x.reinterpretAsInts().and(SIGN);
    return y.reinterpretAsInts().or(sign).reinterpretAsFloats();
  }

  static float withSign(float y, float x) {
    return Float.intBitsToFloat(Float.floatToRawIntBits(y) | (Float.floatToRawIntBits(x) & SIGN));
  }

  /// A subnormal `y` becomes the zero with the sign of the finite `x`.
  static FloatVector flush(FloatVector y, FloatVector x) {
    y = exact(y);
    x = exact(x);
    return y.blend(x.mul(0f), y.lanewise(ABS).compare(LT, MIN_NORMAL));
  }

  static float flush(float y, float x) {
    return Math.abs(y) < MIN_NORMAL ? x * 0f : y;
  }
}
