package telos.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Supplier;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/// The methods of [Tensor] on the reference device against plain Java.
class TensorTest {
  private static final Device REFERENCE = Device.of("reference");
  private static final double[] A = {-2.5, -1, -0.25, 0, 0.5, 1, 2.75, 9};
  private static final double[] B = {0.5, -1, 3, 0, -0.5, 2, 2.75, -7};

  static <T> T on(Supplier<T> body) {
    return REFERENCE.with(body);
  }

  static Tensor t(double... values) {
    return on(() -> Tensor.of(values));
  }

  private static void each(DoubleUnaryOperator expected, double[] x, Tensor actual) {
    double[] values = Arrays.stream(x).map(expected).toArray();
    assertArrayEquals(values, actual.toDoubles(), 1e-14);
    assertEquals(DType.F64, actual.dtype());
  }

  @Test
  void unary() {
    Tensor a = t(A);
    double[] positive = Arrays.stream(A).map(Math::abs).map(v -> v + 0.1).toArray();
    Tensor p = t(positive);
    each(v -> -v, A, a.neg());
    each(v -> 1 / v, positive, p.recip());
    each(Math::exp, B, t(B).exp());
    each(Math::log, positive, p.log());
    each(Math::log1p, positive, p.log1p());
    each(Math::sqrt, positive, p.sqrt());
    each(v -> 1 / Math.sqrt(v), positive, p.rsqrt());
    each(Math::sin, A, a.sin());
    each(Math::cos, A, a.cos());
    each(Math::tanh, A, a.tanh());
    each(v -> 1 / (1 + Math.exp(-v)), A, a.sigmoid());
    each(Math::abs, A, a.abs());
    each(Math::signum, A, a.sign());
    each(Math::floor, A, a.floor());
    each(v -> v * v, A, a.square());
    each(v -> Math.max(v, 0), A, a.relu());
    each(v -> Math.log(1 + Math.exp(v)), A, a.softplus());
    each(v -> -Math.log(1 + Math.exp(-v)), A, a.logSigmoid());
    each(v -> Math.min(Math.max(v, -1), 2), A, a.clamp(-1, 2));
    each(v -> v, A, a.stopGradient());
  }

  @Test
  void errorFunctionMeetsTabulatedValues() {
    double[] erf = {0, 0.5204998778130465, 0.8427007929497149, 0.9953222650189527, 1, -1};
    assertArrayEquals(erf, t(0, 0.5, 1, 2, 30, -30).erf().toDoubles(), 1e-15);
    assertTrue(Double.isNaN(t(Double.NaN).erf().item()));
  }

  @Test
  void theTailsOfSoftplusAreFinite() {
    assertArrayEquals(new double[] {0, 1e4}, t(-1e4, 1e4).softplus().toDoubles(), 1e-300);
    assertArrayEquals(new double[] {-1e4, 0}, t(-1e4, 1e4).logSigmoid().toDoubles(), 1e-300);
  }

  private static void both(DoubleBinaryOperator expected, Tensor actual) {
    double[] values = new double[A.length];
    Arrays.setAll(values, i -> expected.applyAsDouble(A[i], B[i]));
    assertArrayEquals(values, actual.toDoubles(), 1e-12);
  }

  private static double truth(boolean value) {
    return value ? 1 : 0;
  }

  @Test
  void binary() {
    Tensor a = t(A);
    Tensor b = t(B);
    both((p, q) -> p + q, a.add(b));
    both((p, q) -> p - q, a.sub(b));
    both((p, q) -> p * q, a.mul(b));
    both((p, q) -> p / (q + 10), a.div(b.add(10)));
    both((p, q) -> Math.pow(p + 3, q), a.add(3).pow(b));
    both(Math::max, a.maximum(b));
    both(Math::min, a.minimum(b));
    both((p, q) -> truth(p == q), a.eq(b));
    both((p, q) -> truth(p != q), a.ne(b));
    both((p, q) -> truth(p < q), a.lt(b));
    both((p, q) -> truth(p <= q), a.le(b));
    both((p, q) -> truth(p > q), a.gt(b));
    both((p, q) -> truth(p >= q), a.ge(b));
    both((p, q) -> p + 0.25 * (q - p), a.lerp(b, 0.25));
    both((p, q) -> p > 0 ? p : q, a.gt(0).where(a, b));
    both((p, q) -> truth(p > 0 && q > 0), a.gt(0).and(b.gt(0)));
    both((p, q) -> truth(p > 0 || q > 0), a.gt(0).or(b.gt(0)));
  }

  @Test
  void withNumbers() {
    Tensor a = t(A);
    each(v -> v + 2, A, a.add(2));
    each(v -> v - 2, A, a.sub(2));
    each(v -> v * 2, A, a.mul(2));
    each(v -> v / 2, A, a.div(2));
    each(v -> v * v * v, A, a.pow(3));
    each(v -> Math.max(v, 0.5), A, a.maximum(0.5));
    each(v -> Math.min(v, 0.5), A, a.minimum(0.5));
    each(v -> v == 1 ? 7 : v, A, a.maskedFill(a.eq(1), 7));
    boolean[] expected = new boolean[A.length];
    for (int i = 0; i < A.length; i++) {
      expected[i] = A[i] != 0.5 && A[i] < 2 && A[i] <= 1 && A[i] > -2 && A[i] >= -1;
    }
    Tensor mask = a.ne(0.5).and(a.lt(2)).and(a.le(1)).and(a.gt(-2)).and(a.ge(-1));
    assertArrayEquals(expected, mask.toBooleans());
  }

  @Test
  void notANumberSpreadsThroughMaximumAndComparesFalse() {
    Tensor nan = t(Double.NaN, 1);
    NumberCheck.suspended(() -> {
      assertTrue(Double.isNaN(nan.maximum(0).toDoubles()[0]));
      assertTrue(Double.isNaN(nan.minimum(0).toDoubles()[0]));
      assertTrue(Double.isNaN(t(1, Double.NaN, 3).max().item()));
      assertEquals(1, t(1, Double.NaN, Double.NaN).argMax(0).item());
      return 0;
    });
    assertArrayEquals(new boolean[] {false, true}, nan.eq(nan).toBooleans());
    assertArrayEquals(new boolean[] {false, true}, nan.le(nan).toBooleans());
    assertTrue(Double.isNaN(nan.sign().toDoubles()[0]));
  }

  @Test
  void integersWrapAndTruncate() {
    Tensor x = on(() -> Tensor.of(7, -7, Integer.MAX_VALUE));
    assertArrayEquals(new int[] {3, -3, Integer.MAX_VALUE / 2}, x.div(2).toInts());
    assertArrayEquals(new int[] {8, -6, Integer.MIN_VALUE}, x.add(1).toInts());
    assertArrayEquals(new int[] {14, -14, -2}, x.mul(2).toInts());
    assertEquals(Integer.MIN_VALUE + 1, on(() -> Tensor.of(Integer.MAX_VALUE, 2)).sum().item());
    assertArrayEquals(new int[] {7, 7, Integer.MAX_VALUE}, x.abs().toInts());
    assertArrayEquals(new int[] {1, -1, 1}, x.sign().toInts());
    assertThrows(ArithmeticException.class, () -> x.div(0));
  }

  @Test
  void casts() {
    Tensor x = t(-2.7, 0, 2.7, 1e10);
    assertArrayEquals(new int[] {-2, 0, 2, Integer.MAX_VALUE}, x.cast(DType.I32).toInts());
    assertArrayEquals(new boolean[] {true, false, true, true}, x.cast(DType.BOOL).toBooleans());
    assertArrayEquals(new float[] {-2.7f, 0, 2.7f, 1e10f}, x.cast(DType.F32).toFloats());
    assertArrayEquals(new double[] {1, 0, 1, 1}, x.cast(DType.BOOL).cast(DType.F64).toDoubles());
    assertArrayEquals(
        new float[] {-2.6875f, 0, 2.6875f, 1e10f},
        x.cast(DType.BF16).cast(DType.F32).toFloats(),
        5e7f);
    assertEquals(-2.7, t(-2.7).cast(DType.F16).cast(DType.F64).item(), 1e-3);
    assertArrayEquals(new long[] {-2, 0, 2, 10_000_000_000L}, (long[]) x.cast(DType.I64).toArray());
    assertArrayEquals(new byte[] {-2, 0, 2, 127}, (byte[]) x.cast(DType.I8).toArray());
    assertArrayEquals(new double[] {-2, 0, 2, 127}, x.cast(DType.I8).toDoubles());
    assertArrayEquals(new double[] {-2, 0, 2, 1e10}, x.cast(DType.I64).toDoubles());
    assertSame(x, x.cast(DType.F64));
    Tensor odd = t(Double.NaN, Double.POSITIVE_INFINITY).cast(DType.BF16);
    assertTrue(Double.isNaN(odd.toDoubles()[0]));
    assertEquals(Double.POSITIVE_INFINITY, odd.toDoubles()[1]);
  }

  /// Each along-axis method against loops over `[outer, R, inner]`.
  @Property(tries = 100)
  void alongAxes(
      @ForAll @IntRange(min = 1, max = 4) int outer,
      @ForAll @IntRange(min = 1, max = 5) int extent,
      @ForAll @IntRange(min = 1, max = 4) int inner,
      @ForAll int seed) {
    double[] x =
        new Random(seed).ints((long) outer * extent * inner, -9, 9).asDoubleStream().toArray();
    Tensor tensor = on(() -> Tensor.of(x, outer, extent, inner));
    double[] sum = new double[outer * inner];
    double[] max = new double[outer * inner];
    double[] min = new double[outer * inner];
    int[] argMax = new int[outer * inner];
    double[] running = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      int to = i / (extent * inner) * inner + i % inner;
      int r = i / inner % extent;
      sum[to] += x[i];
      running[i] = sum[to];
      argMax[to] = r == 0 || x[i] > max[to] ? r : argMax[to];
      max[to] = r == 0 ? x[i] : Math.max(max[to], x[i]);
      min[to] = r == 0 ? x[i] : Math.min(min[to], x[i]);
    }
    assertArrayEquals(sum, tensor.sum(1).toDoubles());
    assertArrayEquals(sum, tensor.mean(-2).mul(extent).toDoubles(), 1e-12);
    assertArrayEquals(max, tensor.max(1).toDoubles());
    assertArrayEquals(min, tensor.min(1).toDoubles());
    assertArrayEquals(argMax, tensor.argMax(1).toInts());
    assertArrayEquals(running, tensor.cumSum(1).toDoubles());
    assertEquals(Arrays.stream(x).sum(), tensor.sum().item());
    assertEquals(Arrays.stream(x).average().orElseThrow(), tensor.mean().item(), 1e-12);
    assertEquals(Arrays.stream(x).max().orElseThrow(), tensor.max().item());
    assertEquals(Arrays.stream(x).min().orElseThrow(), tensor.min().item());
  }

  @Property(tries = 60)
  void matMul(
      @ForAll @IntRange(min = 1, max = 4) int m,
      @ForAll @IntRange(max = 5) int k,
      @ForAll @IntRange(min = 1, max = 4) int n,
      @ForAll boolean transposeA,
      @ForAll boolean transposeB,
      @ForAll boolean stacked) {
    int batch = 3;
    Random random = new Random(m + 10L * k + 100L * n);
    double[] a = random.doubles((long) batch * m * k).toArray();
    double[] b = random.doubles((long) (stacked ? batch : 1) * k * n).toArray();
    Tensor left = on(() -> Tensor.of(a, batch, m, k));
    Tensor right = on(() -> stacked ? Tensor.of(b, batch, k, n) : Tensor.of(b, k, n));
    double[] expected = new double[batch * m * n];
    for (int i = 0; i < expected.length; i++) {
      int s = i / (m * n);
      for (int p = 0; p < k; p++) {
        expected[i] +=
            a[(s * m + i / n % m) * k + p] * b[(stacked ? s * k : 0) * n + p * n + i % n];
      }
    }
    Tensor first = transposeA ? left.transpose(1, 2) : left;
    Tensor second = transposeB ? right.transpose(-1, -2) : right;
    Tensor product = first.matMul(second, transposeA, transposeB);
    assertEquals(Shape.of(batch, m, n), product.shape());
    assertArrayEquals(expected, product.toDoubles(), 1e-12);
  }

  @Test
  void matMulBroadcastsLeadingAxes() {
    Tensor a = on(() -> Rng.of(1).normal(Shape.of(2, 1, 3, 4)));
    Tensor b = on(() -> Rng.of(2).normal(Shape.of(1, 5, 4, 2)));
    Tensor whole = a.matMul(b);
    for (int i = 0; i < 2; i++) {
      for (int j = 0; j < 5; j++) {
        assertArrayEquals(
            a.at(0, i).at(0, 0).matMul(b.at(0, 0).at(0, j)).toFloats(),
            whole.at(0, i).at(0, j).toFloats());
      }
    }
  }

  @Test
  void conv2dIsASumOverWindows() {
    int[] strides = {1, 2, 3};
    double[] x = new Random(1).doubles(2 * 3 * 5 * 6).toArray();
    double[] w = new Random(2).doubles(4 * 3 * 2 * 3).toArray();
    for (int stride : strides) {
      for (int padding = 0; padding < 3; padding++) {
        int pad = padding;
        Tensor y = on(() -> Tensor.of(x, 2, 3, 5, 6).conv2d(Tensor.of(w, 4, 3, 2, 3), stride, pad));
        Tensor padded = on(() -> Tensor.of(x, 2, 3, 5, 6).pad(2, pad, pad).pad(3, pad, pad));
        int oh = y.dim(2) - 1;
        int ow = y.dim(3) - 1;
        Tensor window =
            padded
                .slice(2, oh * stride, oh * stride + 2)
                .slice(3, ow * stride, ow * stride + 3)
                .reshape(2, 1, 18);
        Tensor weights = on(() -> Tensor.of(w, 1, 4, 18));
        Tensor expected = window.mul(weights).sum(-1);
        assertArrayEquals(
            expected.toDoubles(), y.at(3, ow).at(2, oh).toDoubles(), 1e-12, "stride " + stride);
      }
    }
  }

  @Test
  void makers() {
    assertArrayEquals(new int[] {-1, 0, 1}, on(() -> Tensor.arange(-1, 2)).toInts());
    assertEquals(0, on(() -> Tensor.arange(3, 1)).size());
    assertArrayEquals(new float[] {1, 1}, on(() -> Tensor.ones(2)).toFloats());
    assertEquals(2.5, on(() -> Tensor.scalar(2.5)).item());
    assertEquals(DType.F32, on(() -> Tensor.scalar(2.5f)).dtype());
    assertArrayEquals(new double[] {0, 0}, t(1, 2).zerosLike().toDoubles());
    assertArrayEquals(new double[] {1, 1}, t(1, 2).onesLike().toDoubles());
    assertArrayEquals(
        new boolean[] {true}, on(() -> Tensor.full(1, DType.BOOL, Shape.of(1))).toBooleans());
    assertArrayEquals(
        new double[] {4}, on(() -> Tensor.full(4, DType.F64, Shape.of(1))).toDoubles());
    assertSays("does not make", () -> Tensor.full(1, DType.I64, Shape.of(1)));
    assertSays("2 values do not fill shape [3]", () -> Tensor.of(new float[2], 3));
    assertSays(
        "F32 is made of float[], not int[]", () -> Tensor.of(new int[1], DType.F32, Shape.of(1)));
  }

  @Test
  void valuesAreCopied() {
    float[] values = {1, 2};
    Tensor x = on(() -> Tensor.of(values));
    values[0] = 9;
    x.toFloats()[1] = 9;
    assertArrayEquals(new float[] {1, 2}, x.toFloats());
    assertArrayEquals(new double[] {1, 2}, x.toDoubles());
  }

  @Test
  void readingNamesTheMismatch() {
    assertSays("F64, not F32", () -> t(1).toFloats());
    assertSays("shape [2]", () -> t(1, 2).item());
    Tensor absent = Tensor.absent(Shape.of(2), DType.F32, "frozen base");
    var thrown = assertThrows(IllegalStateException.class, absent::toFloats);
    assertTrue(thrown.getMessage().contains("frozen base"), thrown.getMessage());
  }

  private static void assertSays(String part, Supplier<?> body) {
    var thrown = assertThrows(IllegalArgumentException.class, () -> on(body));
    assertTrue(thrown.getMessage().contains(part), thrown.getMessage());
  }

  @Test
  void whatIsFreeSharesItsMemory() {
    Tensor x = t(1, 2);
    assertSame(x.storage(), x.reshape(1, 2).storage());
    assertSame(x.storage(), x.stopGradient().storage());
    assertNotSame(x, x.alias());
    assertSame(x.storage(), x.alias().storage());
    assertSame(x, x.to(REFERENCE));
    assertSame(x, x.sumTo(Shape.of(2)));
    assertSame(x.device(), REFERENCE);
    assertEquals(1, x.rank());
    assertEquals(2, x.dim(-1));
  }

  /// F32 is computed in double and rounded once.
  @Test
  void singlePrecisionIsRoundedOnce() {
    Tensor x = on(() -> Tensor.of(0.1f, 3e7f, 1f));
    assertEquals((float) (0.1f + 3e7 + 1.0), (float) x.sum().item());
    assertEquals((float) StrictMath.exp(0.1f), x.minimum(1).exp().toFloats()[0]);
  }
}
