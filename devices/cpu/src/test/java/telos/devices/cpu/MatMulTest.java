package telos.devices.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import java.util.function.Consumer;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.jspecify.annotations.Nullable;

class MatMulTest {
  @Provide
  Arbitrary<Integer> extents() {
    return Arbitraries.frequencyOf(
        net.jqwik.api.Tuple.of(3, Arbitraries.integers().between(1, 20)),
        net.jqwik.api.Tuple.of(2, Arbitraries.of(0, 1, 2, 31, 32, 33, 49, 63, 64, 65, 70, 97)));
  }

  @Provide
  Arbitrary<Integer> depths() {
    return Arbitraries.oneOf(
        Arbitraries.integers().between(0, 40), Arbitraries.of(255, 256, 257, 300, 512, 513, 700));
  }

  @Property(tries = 150)
  void everyElementIsTheLawsChain(
      @ForAll("extents") int m,
      @ForAll("extents") int n,
      @ForAll("depths") int k,
      @ForAll boolean transposeA,
      @ForAll boolean transposeB,
      @ForAll boolean withBias,
      @ForAll @IntRange(min = 1, max = 3) int batch,
      @ForAll boolean sharedB,
      @ForAll long seed) {
    float[] a = random(batch * m * k, seed);
    float[] b = random((sharedB ? 1 : batch) * k * n, seed + 1);
    float[] bias = withBias ? random(n, seed + 2) : null;
    Product product =
        Product.of(m, n, k, transposeA, transposeB).repeated(batch, m * k, sharedB ? 0 : k * n, 0);
    float[] expected = new float[batch * m * n];
    for (int i = 0; i < batch; i++) {
      law(
          m,
          n,
          k,
          transposeA,
          transposeB,
          a,
          i * m * k,
          b,
          sharedB ? 0 : i * k * n,
          bias,
          expected,
          i * m * n);
    }
    onTeams(team -> {
      float[] c = new float[batch * m * n + 5];
      Arrays.fill(c, Float.NaN);
      MatMul.run(team, product, a, b, bias, c, 3);
      assertSameBits(expected, Arrays.copyOfRange(c, 3, c.length - 2));
      assertTrue(
          Float.isNaN(c[0]) && Float.isNaN(c[2]) && Float.isNaN(c[c.length - 1]),
          "wrote outside its result");
    });
    if (sharedB || batch == 1) {
      onTeams(team -> {
        PackedMatrix packed = PackedMatrix.of(team, b, 0, k, n, transposeB);
        float[] c = new float[batch * m * n];
        MatMul.run(team, product, a, java.util.Objects.requireNonNull(packed), bias, c, 0);
        assertSameBits(expected, c);
      });
    }
  }

  /// Enough tasks for their largest size, and rows of C of a page or more, which are met in strips.
  @Property(tries = 10)
  void wideResultsAreTheLawsChain(
      @ForAll @IntRange(min = 580, max = 620) int m,
      @ForAll @IntRange(min = 1024, max = 1100) int n,
      @ForAll @IntRange(min = 1, max = 40) int k,
      @ForAll boolean transposeA,
      @ForAll boolean transposeB,
      @ForAll boolean blocks,
      @ForAll long seed) {
    int depth = blocks ? MatMul.BLOCK + k : k;
    float[] a = random(m * depth, seed);
    float[] b = random(depth * n, seed + 1);
    float[] bias = random(n, seed + 2);
    float[] expected = new float[m * n];
    law(m, n, depth, transposeA, transposeB, a, 0, b, 0, bias, expected, 0);
    float[] c = new float[m * n];
    try (Team team = new Team(2)) {
      MatMul.run(team, Product.of(m, n, depth, transposeA, transposeB), a, b, bias, c, 0);
    }
    assertSameBits(expected, c);
  }

  @Property(tries = 30)
  void aRowHasTheSameBitsAloneAsAmongMany(
      @ForAll @IntRange(min = 1, max = 120) int m,
      @ForAll("extents") int n,
      @ForAll("depths") int k,
      @ForAll boolean transposeB,
      @ForAll @IntRange(min = 1, max = 119) int row,
      @ForAll long seed) {
    int chosen = row % m;
    float[] a = random(m * k, seed);
    float[] b = random(k * n, seed + 1);
    float[] all = new float[m * n];
    float[] alone = new float[n];
    onTeams(team -> {
      MatMul.run(team, Product.of(m, n, k, false, transposeB), a, b, null, all, 0);
      float[] only = Arrays.copyOfRange(a, chosen * k, (chosen + 1) * k);
      MatMul.run(team, Product.of(1, n, k, false, transposeB), only, b, null, alone, 0);
      assertSameBits(Arrays.copyOfRange(all, chosen * n, (chosen + 1) * n), alone);
    });
  }

  @Property(tries = 20)
  void agreesWithDoublesWithinRounding(
      @ForAll @IntRange(min = 1, max = 70) int m,
      @ForAll @IntRange(min = 1, max = 140) int n,
      @ForAll @IntRange(min = 1, max = 1100) int k,
      @ForAll long seed) {
    float[] a = random(m * k, seed);
    float[] b = random(k * n, seed + 1);
    float[] c = new float[m * n];
    try (Team team = new Team(2)) {
      MatMul.run(team, Product.of(m, n, k, false, false), a, b, null, c, 0);
    }
    for (int i = 0; i < m; i++) {
      for (int j = 0; j < n; j++) {
        double sum = 0;
        double size = 0;
        for (int p = 0; p < k; p++) {
          double term = (double) a[i * k + p] * b[p * n + j];
          sum += term;
          size += Math.abs(term);
        }
        assertEquals(sum, c[i * n + j], 4e-6 * size, "element " + i + ", " + j);
      }
    }
  }

  @Example
  void manySmallProductsWithTheirOwnStarts() {
    int[] as = {6, 0, 6, 12};
    int[] bs = {0, 8, 8, 0};
    int[] biases = {0, 4, 4, 0};
    float[] a = random(18, 1);
    float[] b = random(16, 2);
    float[] bias = random(8, 3);
    Product product = Product.of(3, 4, 2, false, false).withStarts(as, bs, biases);
    float[] expected = new float[4 * 12];
    for (int i = 0; i < 4; i++) {
      float[] row = Arrays.copyOfRange(bias, biases[i], biases[i] + 4);
      law(3, 4, 2, false, false, a, as[i], b, bs[i], row, expected, i * 12);
    }
    float[] c = new float[4 * 12];
    try (Team team = new Team(2)) {
      MatMul.run(team, product, a, b, bias, c, 0);
    }
    assertSameBits(expected, c);
  }

  /// The order of operations as written in [MatMul].
  static void law(
      int m,
      int n,
      int k,
      boolean transposeA,
      boolean transposeB,
      float[] a,
      int aAt,
      float[] b,
      int bAt,
      float @Nullable [] bias,
      float[] c,
      int cAt) {
    for (int i = 0; i < m; i++) {
      for (int j = 0; j < n; j++) {
        float sum = 0;
        for (int from = 0; from < k; from += 256) {
          float block = 0;
          for (int p = from; p < Math.min(k, from + 256); p++) {
            float x = a[aAt + (transposeA ? p * m + i : i * k + p)];
            float y = b[bAt + (transposeB ? j * k + p : p * n + j)];
            block = Math.fma(x, y, block);
          }
          sum = from == 0 ? block : sum + block;
        }
        c[cAt + i * n + j] = bias == null ? sum : sum + bias[j];
      }
    }
  }

  static void onTeams(Consumer<Team> body) {
    for (int threads : new int[] {1, 2, 7}) {
      try (Team team = new Team(threads)) {
        body.accept(team);
      }
    }
  }

  static float[] random(int size, long seed) {
    Random random = new Random(seed);
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  static void assertSameBits(float[] expected, float[] actual) {
    assertArrayEquals(bits(expected), bits(actual));
  }

  private static int[] bits(float[] values) {
    int[] bits = new int[values.length];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = Float.floatToIntBits(values[i]);
    }
    return bits;
  }
}
