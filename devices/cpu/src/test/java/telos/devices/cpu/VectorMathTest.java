package telos.devices.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Elementary functions: errors, twins, ends of the range. [VectorMathSweep] does it for all
/// floats.
final class VectorMathTest {
  private static final float INF = Float.POSITIVE_INFINITY;

  @ParameterizedTest
  @EnumSource
  void vectorEqualsScalarAndErrorsAreSmall(VectorMathSweep.Function function) {
    VectorMathSweep.Finding finding = VectorMathSweep.sweep(function, 30_011, 1);
    assertEquals(0, finding.different(), finding.toString());
    assertTrue(finding.ulps() <= 2, finding.toString());
  }

  @Test
  void endsOfTheRange() {
    assertEquals(0f, VectorMath.exp(-88f));
    assertEquals(0f, VectorMath.exp(-INF));
    assertEquals(INF, VectorMath.exp(88.73f));
    assertEquals(1f, VectorMath.exp(-0f));
    assertEquals(-INF, Logarithm.log(-0f));
    assertEquals(Float.NaN, Logarithm.log(-1e-30f));
    assertEquals(0f, Logarithm.log(1f));
    assertEquals((float) StrictMath.log(0x1p-149), Logarithm.log(0x1p-149f));
    assertEquals(-0f, Logarithm.log1p(-0f));
    assertEquals(-INF, Logarithm.log1p(-1f));
    assertEquals(1f, VectorMath.tanh(INF));
    assertEquals(-0f, VectorMath.tanh(-0x1p-140f));
    assertEquals(0f, VectorMath.sigmoid(-INF));
    assertEquals(-1f, VectorMath.erf(-INF));
    assertEquals(-0f, Trigonometry.sin(-0f));
    assertEquals(Float.NaN, Trigonometry.cos(INF));
    assertEquals((float) StrictMath.sin(1e30f), Trigonometry.sin(1e30f));
    assertEquals(-1f, VectorMath.floor(-0x1p-149f));
    assertEquals(-0f, VectorMath.floor(-0f));
    assertEquals(8388609f, VectorMath.floor(8388609f));
  }

  /// Every combination of special values, against the library's rules.
  @Test
  void specialPowers() {
    float[] specials = {
      0, -0f, 1, -1, 2, -2, 0.5f, -0.5f, 3, -3, 1e9f, 16777217, -16777215, INF, -INF, Float.NaN
    };
    for (float x : specials) {
      for (float y : specials) {
        float exact = (float) StrictMath.pow(x, y);
        float expected = Math.abs(exact) < 0x1p-126f ? Math.signum(exact) * 0f : exact;
        assertEquals(expected, Power.pow(x, y), x + "^" + y);
      }
    }
  }

  @Test
  void floorIsExact() {
    for (long bits = 0; bits < 1L << 32; bits += 9973) {
      float x = Float.intBitsToFloat((int) bits);
      float y = VectorMath.floor(x);
      assertTrue(y == (float) Math.floor(x) || Float.isNaN(x), () -> "floor of " + x);
    }
  }

  @Test
  void powersAreNearAndEqualTheirTwins() {
    String finding = VectorMathSweep.sweepPower(200);
    assertTrue(finding.contains("different 0,"), finding);
    double ulps = Double.parseDouble(finding.replaceAll(".*error ([0-9.]+) ulp.*", "$1"));
    assertTrue(ulps <= 5, finding);
  }
}
