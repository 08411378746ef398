package telos.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/// The statistics have fixed seeds, so they are certain; their thresholds lie where a right
/// generator passes with probability 0.999 or more over seeds and a wrong one does not.
class RngTest {
  private static final int N = 200_000;
  private static final Rng RNG = Rng.of(42);

  private static <T> T here(java.util.function.Supplier<T> body) {
    return Device.of("reference").with(body);
  }

  @Test
  void philoxGivesItsPublishedVectors() {
    assertBlock(0, 0, 0, "6627e8d5 e169c58d bc57ac4c 9b00dbd8");
    assertBlock(-1, -1, -1, "408f276d 41c83b0e a20bc7c6 6d5451fd");
    assertBlock(
        0x299f31d0a4093822L,
        0x85a308d3243f6a88L,
        0x0370734413198a2eL,
        "d16cfe09 94fdcceb 5001e420 24126ea1");
  }

  private static void assertBlock(long key, long low, long high, String expected) {
    int[] out = new int[4];
    Philox.block(key, low, high, out);
    List<String> words = Arrays.stream(out).mapToObj(word -> "%08x".formatted(word)).toList();
    assertEquals(expected, String.join(" ", words));
  }

  @Test
  void uniformIsUniform() {
    float[] values = here(() -> RNG.uniform(Shape.of(N))).toFloats();
    int[] counts = new int[100];
    for (float value : values) {
      counts[(int) (value * 100)]++;
    }
    assertTrue(chiSquare(counts, N / 100.0) < 149, "99 degrees of freedom, 0.999 quantile 148.2");
    // The low bits too.
    int[] low = new int[256];
    for (float value : values) {
      low[(int) (value * (1 << 24)) & 255]++;
    }
    assertTrue(chiSquare(low, N / 256.0) < 331, "255 degrees of freedom, 0.999 quantile 330.5");
  }

  @Test
  void neighboursAreIndependent() {
    float[] values = here(() -> RNG.fold("pairs").uniform(Shape.of(N))).toFloats();
    for (int lag = 1; lag <= 4; lag++) {
      int[] counts = new int[100];
      for (int i = 0; i + lag < N; i++) {
        counts[((int) (values[i] * 10)) * 10 + (int) (values[i + lag] * 10)]++;
      }
      assertTrue(chiSquare(counts, (N - lag) / 100.0) < 149, "lag " + lag);
    }
  }

  private static double chiSquare(int[] counts, double expected) {
    return Arrays.stream(counts).mapToDouble(c -> (c - expected) * (c - expected) / expected).sum();
  }

  @Property(tries = 50)
  void uniformStaysInItsRange(@ForAll long seed) {
    float[] values = here(() -> Rng.of(seed).uniform(-3, -2.9999998, Shape.of(64))).toFloats();
    for (float value : values) {
      assertTrue(value >= -3f && value < -2.9999998f);
    }
  }

  @Test
  void normalHasItsMoments() {
    double[] values = here(() -> RNG.normal(Shape.of(N)).toDoubles());
    double[] moments = new double[5];
    for (double z : values) {
      for (int k = 1; k <= 4; k++) {
        moments[k] += StrictMath.pow(z, k) / N;
      }
    }
    double[] expected = {0, 0, 1, 0, 3};
    double[] variance = {0, 1, 2, 15, 96}; // of z^k
    for (int k = 1; k <= 4; k++) {
      assertEquals(expected[k], moments[k], 3.5 * Math.sqrt(variance[k] / N), "moment " + k);
    }
  }

  @Test
  void normalPassesKolmogorovSmirnov() {
    double[] values = here(() -> RNG.fold(1).normal(Shape.of(N)).toDoubles());
    Arrays.sort(values);
    double distance = 0;
    double cumulative = 0.5;
    double at = 0;
    int middle = -Arrays.binarySearch(values, 0.0) - 1;
    for (int sign : new int[] {1, -1}) {
      cumulative = 0.5;
      at = 0;
      for (int i = sign > 0 ? middle : middle - 1; i >= 0 && i < N; i += sign) {
        cumulative += integral(at, values[i]);
        at = values[i];
        distance = Math.max(distance, Math.abs(cumulative - (i + 0.5) / N));
      }
    }
    assertTrue(distance * Math.sqrt(N) < 1.95, "KS statistic " + distance * Math.sqrt(N));
  }

  /// Simpson's rule on the normal density over a short interval: a second way to the distribution.
  private static double integral(double from, double to) {
    double middle = (from + to) / 2;
    return (to - from) / 6 * (density(from) + 4 * density(middle) + density(to));
  }

  private static double density(double x) {
    return StrictMath.exp(-x * x / 2) / StrictMath.sqrt(2 * StrictMath.PI);
  }

  @Test
  void inverseNormalMeetsTabulatedQuantiles() {
    // word -> tail probability (2m + 1) / 2^33 of its lower 31 bits m
    assertEquals(0.67448975, InverseNormal.of(1 << 30), 3e-7); // p = 1/4
    assertEquals(1.15034938, InverseNormal.of(1 << 29), 3e-7); // p = 1/8
    assertEquals(1.95996398, InverseNormal.of((int) (0.025 * 0x1p32)), 3e-7);
    assertEquals(3.09023231, InverseNormal.of((int) (0.001 * 0x1p32)), 4e-7);
    assertEquals(4.75342431, InverseNormal.of((int) (1e-6 * 0x1p32)), 3e-5); // m is rounded
    assertEquals(6.33768, InverseNormal.of(0), 2e-3);
    assertEquals(0, InverseNormal.of(Integer.MAX_VALUE), 1e-6);
  }

  @Property(tries = 300)
  void inverseNormalIsOddAndFalls(@ForAll @IntRange(min = 0) int m) {
    float x = InverseNormal.of(m);
    assertEquals(-x, InverseNormal.of(m | Integer.MIN_VALUE));
    int next = m < Integer.MAX_VALUE - 4096 ? m + 4096 : m;
    assertTrue(InverseNormal.of(next) <= x + 1e-6f);
    assertTrue(x >= -1e-6f && x < 6.5f);
  }

  @Test
  void splitStreamsAreUncorrelated() {
    List<Rng> keys = new ArrayList<>(RNG.split(6));
    keys.addAll(List.of(RNG, RNG.fold(0), RNG.fold(1), RNG.fold("a"), RNG.fold("b"), Rng.of(43)));
    int n = 20_000;
    List<double[]> draws =
        keys.stream().map(key -> here(() -> key.normal(Shape.of(n)).toDoubles())).toList();
    for (int a = 0; a < draws.size(); a++) {
      for (int b = 0; b < a; b++) {
        double dot = 0;
        for (int i = 0; i < n; i++) {
          dot += draws.get(a)[i] * draws.get(b)[i];
        }
        assertTrue(Math.abs(dot / Math.sqrt(n)) < 4, a + " and " + b + ": " + dot / Math.sqrt(n));
      }
    }
  }

  @Test
  void derivedKeysDiffer() {
    Set<Rng> keys = new HashSet<>(RNG.split(1000));
    for (int i = 0; i < 1000; i++) {
      keys.add(RNG.fold(i));
      keys.add(RNG.fold(Integer.toString(i)));
      keys.add(RNG.fold(7).fold(i));
      keys.add(RNG.fold("layer").fold(i));
    }
    keys.add(RNG.fold(""));
    keys.add(RNG.fold("\0"));
    keys.add(RNG.fold("blocks.3.mlp.up.weight"));
    keys.add(RNG.fold("blocks.3.mlp.up.bias"));
    assertEquals(5004, keys.size());
    assertFalse(keys.contains(RNG));
  }

  @Test
  void aKeyIsAPureFunction() {
    assertEquals(RNG.split(3), RNG.split(5).subList(0, 3));
    assertEquals(RNG.split(), RNG.split(2));
    assertEquals(RNG.fold("x").fold(3), Rng.of(42).fold("x").fold(3));
    float[] few = here(() -> RNG.normal(Shape.of(7))).toFloats();
    float[] many = here(() -> RNG.normal(Shape.of(3, 11))).toFloats();
    assertArrayEquals(few, Arrays.copyOf(many, 7));
    assertEquals(few[0], RNG.normal());
  }

  /// A run must have the same numbers in every later version too.
  @Test
  void theNumbersAreThese() {
    assertEquals(new Rng(6326617586191015435L, 6961697992014846202L), RNG.fold("golden"));
  }

  @Test
  void bernoulliHasItsFrequency() {
    for (double p : new double[] {0.01, 0.3, 0.5, 0.9}) {
      boolean[] values = here(() -> RNG.bernoulli(p, Shape.of(N))).toBooleans();
      int trues = 0;
      for (boolean value : values) {
        trues += value ? 1 : 0;
      }
      assertEquals(p, (double) trues / N, 3.5 * Math.sqrt(p * (1 - p) / N));
    }
    assertEquals(0, count(here(() -> RNG.bernoulli(0, Shape.of(1000))).toBooleans()));
    assertEquals(1000, count(here(() -> RNG.bernoulli(1, Shape.of(1000))).toBooleans()));
    assertThrows(IllegalArgumentException.class, () -> RNG.bernoulli(1.5, Shape.SCALAR));
    assertThrows(IllegalArgumentException.class, () -> RNG.bernoulli(Double.NaN, Shape.SCALAR));
  }

  private static int count(boolean[] values) {
    int trues = 0;
    for (boolean value : values) {
      trues += value ? 1 : 0;
    }
    return trues;
  }

  @Test
  void integersAreUniform() {
    int[] values = here(() -> RNG.integers(-5, 12, Shape.of(N))).toInts();
    int[] counts = new int[17];
    for (int value : values) {
      counts[value + 5]++;
    }
    assertTrue(chiSquare(counts, N / 17.0) < 39.3, "16 degrees of freedom, 0.999 quantile 39.25");
  }

  /// With three quarters of 2^32 as the bound a generator without rejection shows 2 : 1 : 1.
  @Test
  void integersAreUnbiasedForAwkwardBounds() {
    int high = (int) (3L * (1L << 30) + Integer.MIN_VALUE);
    int[] values = here(() -> RNG.integers(Integer.MIN_VALUE, high, Shape.of(30_000))).toInts();
    int[] counts = new int[3];
    for (int value : values) {
      counts[(int) (((long) value - Integer.MIN_VALUE) >>> 30)]++;
    }
    assertTrue(chiSquare(counts, 10_000) < 13.9, Arrays.toString(counts));
    // Evens and odds as well: multiplication without rejection hits every third value twice.
    int[] residues = new int[3];
    for (int value : values) {
      residues[(int) (((long) value - Integer.MIN_VALUE) % 3)]++;
    }
    assertTrue(chiSquare(residues, 10_000) < 13.9, Arrays.toString(residues));
  }

  @Test
  void integersRefuseEmptyRanges() {
    var thrown =
        assertThrows(IllegalArgumentException.class, () -> RNG.integers(3, 3, Shape.of(1)));
    assertTrue(thrown.getMessage().contains("integer"));
    assertThrows(IllegalArgumentException.class, () -> RNG.integer(0));
    assertThrows(IllegalArgumentException.class, () -> RNG.uniform(1, 1, Shape.of(1)));
  }

  @Property(tries = 100)
  void permutationIsAPermutation(@ForAll long seed, @ForAll @IntRange(max = 50) int n) {
    int[] order = Rng.of(seed).order(n);
    assertArrayEquals(order, here(() -> Rng.of(seed).permutation(n)).toInts());
    Arrays.sort(order);
    for (int i = 0; i < n; i++) {
      assertEquals(i, order[i]);
    }
  }

  @Test
  void permutationsAreEquallyLikely() {
    int[] counts = new int[256];
    int trials = 48_000;
    for (int i = 0; i < trials; i++) {
      int[] order = RNG.fold("shuffle").fold(i).order(4);
      counts[order[0] << 6 | order[1] << 4 | order[2] << 2 | order[3]]++;
    }
    int[] seen = Arrays.stream(counts).filter(count -> count > 0).toArray();
    assertEquals(24, seen.length);
    assertTrue(chiSquare(seen, trials / 24.0) < 49.8, "23 degrees of freedom, quantile 49.7");
  }

  @Test
  void scalarDrawsAreUniform() {
    int[] tenths = new int[10];
    int[] sevenths = new int[7];
    int coins = 0;
    int n = 20_000;
    for (int i = 0; i < n; i++) {
      Rng key = RNG.fold("scalar").fold(i);
      tenths[(int) (key.uniform() * 10)]++;
      sevenths[key.fold(1).integer(7)]++;
      coins += key.fold(2).bernoulli(0.25) ? 1 : 0;
    }
    assertTrue(chiSquare(tenths, n / 10.0) < 27.9);
    assertTrue(chiSquare(sevenths, n / 7.0) < 22.5);
    assertEquals(0.25, (double) coins / n, 3.5 * Math.sqrt(0.1875 / n));
  }

  @Test
  void categoricalHasItsFrequencies() {
    float[] logits = {0.5f, -1, 2, Float.NEGATIVE_INFINITY, 1, 700, 700, 699};
    int n = 40_000;
    int[] drawn = here(() -> RNG.categorical(Tensor.of(logits, 1, 2, 4).expand(n, 2, 4))).toInts();
    double[] weights = {
      Math.exp(0.5), Math.exp(-1), Math.exp(2), 0, 0, Math.exp(1), Math.exp(1), 1
    };
    for (int row = 0; row < 2; row++) {
      double[] part = Arrays.copyOfRange(weights, 4 * row, 4 * row + 4);
      double total = Arrays.stream(part).sum();
      double statistic = 0;
      for (int c = 0; c < 4; c++) {
        int count = 0;
        for (int i = 0; i < n; i++) {
          count += drawn[2 * i + row] == c ? 1 : 0;
        }
        double expected = n * part[c] / total;
        assertEquals(expected < 1e-6, count == 0);
        statistic += expected < 1e-6 ? 0 : (count - expected) * (count - expected) / expected;
      }
      assertTrue(statistic < 16.3, "3 degrees of freedom, 0.999 quantile 16.27");
    }
  }

  @Test
  void rowsWithKeysDoNotDependOnTheBatch() {
    List<Rng> keys = RNG.split(16);
    Tensor logits = here(() -> RNG.fold("logits").normal(Shape.of(16, 9)));
    int[] all = here(() -> Rng.categorical(keys, logits)).toInts();
    assertTrue(Arrays.stream(all).distinct().count() > 3);
    for (int row = 0; row < 16; row++) {
      int r = row;
      int[] alone =
          here(() -> Rng.categorical(List.of(keys.get(r)), logits.slice(0, r, r + 1))).toInts();
      assertArrayEquals(new int[] {all[row]}, alone);
    }
    assertThrows(IllegalArgumentException.class, () -> Rng.categorical(keys.subList(0, 3), logits));
  }

  @Test
  void categoricalRefusesRowsWithoutAChoice() {
    Tensor none = here(() -> Tensor.full(Double.NEGATIVE_INFINITY, DType.F32, Shape.of(2, 3)));
    Tensor nan = here(() -> Tensor.of(new float[] {0, Float.NaN}, 2));
    Tensor ints = here(() -> Tensor.of(1, 2));
    for (Tensor logits : List.of(none, nan, ints)) {
      var thrown =
          assertThrows(IllegalArgumentException.class, () -> here(() -> RNG.categorical(logits)));
      assertTrue(thrown.getMessage().startsWith("categorical"), thrown.getMessage());
    }
  }

  @Test
  void choiceFollowsItsWeights() {
    int[] counts = new int[3];
    for (int i = 0; i < 10_000; i++) {
      counts[RNG.fold(i).choice(0, 1, 3)]++;
    }
    assertEquals(0, counts[0]);
    assertEquals(2500, counts[1], 150);
    assertThrows(IllegalArgumentException.class, () -> RNG.choice(0, 0));
    assertNotEquals(3, Draws.choice(new double[] {1, 1, 1, 0}, 0, 4, Math.nextDown(1.0)));
  }
}
