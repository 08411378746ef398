package telos.devices.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static telos.devices.cpu.MatMulTest.assertSameBits;
import static telos.devices.cpu.MatMulTest.onTeams;
import static telos.devices.cpu.MatMulTest.random;

import java.util.Arrays;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import telos.tensor.fused.Attention;

class AttentionTest {
  @Provide
  Arbitrary<Heads> heads() {
    return Combinators.combine(
            Arbitraries.integers().between(1, 2),
            Arbitraries.oneOf(
                Arbitraries.integers().between(1, 12), Arbitraries.of(63, 64, 65, 130, 257, 300)),
            Arbitraries.integers().between(1, 2),
            Arbitraries.integers().between(1, 3),
            Arbitraries.of(1, 4, 8, 13, 32, 33, 64),
            Arbitraries.of(Attention.ALL, Attention.ALL, 1, 2, 7, 63, 64, 65, 100, 190, 256, 299))
        .as((batch, length, keyHeads, group, size, window) ->
            new Heads(
                batch,
                length,
                keyHeads * group,
                keyHeads,
                size,
                (float) (1 / Math.sqrt(size)),
                window));
  }

  @Property(tries = 60)
  void forwardIsItsDefinitionBitForBit(@ForAll("heads") Heads heads, @ForAll long seed) {
    float[] qkv = input(heads, seed);
    checkForward(heads, qkv);
  }

  @Example
  void wideHeadsAndLongRowsToo() {
    checkForward(new Heads(1, 70, 1, 1, 300, 0.06f), input(new Heads(1, 70, 1, 1, 300, 1), 5));
    Heads longRows = new Heads(1, 4200, 1, 1, 2, 1f);
    float[] qkv = input(longRows, 6);
    float[] out = new float[longRows.length() * 2];
    float[] statistics = new float[longRows.length() * 2];
    try (Team team = new Team(2)) {
      CausalAttention.run(team, longRows, qkv, out, statistics);
      checkRows(longRows, qkv, out);
      for (int window : new int[] {4097, 4000, 130}) {
        Heads sliding = new Heads(1, 4200, 1, 1, 2, 1f, window);
        checkRows(sliding, qkv, forward(team, sliding, qkv)[0]);
      }
    }
  }

  private static void checkRows(Heads longRows, float[] qkv, float[] out) {
    float[] row = new float[2];
    for (int t : new int[] {0, 4095, 4096, 4199}) {
      definition(longRows, qkv, 0, 0, t, row);
      assertSameBits(row, Arrays.copyOfRange(out, 2 * t, 2 * t + 2));
    }
  }

  /// Enough heads that each is a task of its own.
  @Example
  void manyHeadsToo() {
    Heads grouped = new Heads(16, 70, 4, 2, 8, 0.3f);
    checkForward(grouped, input(grouped, 7));
    Heads padded = new Heads(3, 133, 12, 12, 33, 0.2f);
    checkForward(padded, input(padded, 8));
  }

  /// Half of the smallest negative number rounds to -0, which the last step makes +0.
  @Example
  void aZeroResultIsPositive() {
    float[] qkv = {0, 0, 0, 0, 0, -Float.MIN_VALUE};
    checkForward(new Heads(1, 2, 1, 1, 1, 1f), qkv);
    try (Team team = new Team(1)) {
      float[] out = forward(team, new Heads(1, 2, 1, 1, 1, 1f), qkv)[0];
      assertSameBits(new float[] {0f, 0f}, out);
    }
  }

  private static void checkForward(Heads heads, float[] qkv) {
    float[] expected = new float[resultSize(heads)];
    float[] row = new float[heads.size()];
    for (int b = 0; b < heads.batch(); b++) {
      for (int h = 0; h < heads.heads(); h++) {
        for (int t = 0; t < heads.length(); t++) {
          definition(heads, qkv, b, h, t, row);
          int at = heads.resultAt(b, h) + t * heads.resultRow();
          System.arraycopy(row, 0, expected, at, heads.size());
        }
      }
    }
    onTeams(team -> assertSameBits(expected, forward(team, heads, qkv)[0]));
  }

  /// One row of the result, in scalar steps.
  private static void definition(Heads heads, float[] qkv, int b, int h, int t, float[] out) {
    int size = heads.size();
    int keyHead = h / heads.group();
    int query = heads.queryAt(b, h) + t * heads.row();
    float[] weights = new float[t + 1];
    float max = Float.NEGATIVE_INFINITY;
    for (int s = heads.firstSeen(t); s <= t; s++) {
      float[] score = new float[1];
      int key = heads.keyAt(b, keyHead) + s * heads.row();
      MatMulTest.law(1, 1, size, false, true, qkv, query, qkv, key, null, score, 0);
      weights[s] = score[0] * heads.scale();
      max = Math.max(max, weights[s]);
    }
    for (int s = heads.firstSeen(t); s <= t; s++) {
      weights[s] = VectorMath.exp(weights[s] - max);
    }
    float inverse = 1 / laneSum(weights);
    float[] column = new float[t + 1];
    for (int d = 0; d < size; d++) {
      for (int s = 0; s <= t; s++) {
        column[s] = qkv[heads.valueAt(b, keyHead) + s * heads.row() + d];
      }
      float[] scaled = new float[t + 1];
      for (int s = 0; s <= t; s++) {
        scaled[s] = weights[s] * inverse;
      }
      MatMulTest.law(1, 1, t + 1, false, false, scaled, 0, column, 0, null, out, d);
      out[d] += 0f;
    }
  }

  /// 32 logical lanes, blocks of 4096, halving, pairwise tree: at most two blocks here.
  private static float laneSum(float[] x) {
    float total = 0;
    for (int from = 0; from < x.length; from += 4096) {
      float[] lanes = new float[32];
      for (int i = from; i < Math.min(x.length, from + 4096); i++) {
        lanes[i % 32] += x[i];
      }
      for (int half = 16; half > 0; half /= 2) {
        for (int i = 0; i < half; i++) {
          lanes[i] += lanes[i + half];
        }
      }
      total = from == 0 ? lanes[0] : total + lanes[0];
    }
    return total;
  }

  @Property(tries = 40)
  void cachedRowsEqualTheSameRowsOfTheWhole(
      @ForAll("heads") Heads heads,
      @ForAll @IntRange(min = 1, max = 5) int rows,
      @ForAll long seed) {
    float[] qkv = input(heads, seed);
    int n = Math.min(rows, heads.length());
    int[] start = new int[heads.batch()];
    for (int b = 0; b < start.length; b++) {
      start[b] = (int) Math.floorMod(seed * 31 + b * 17L, heads.length() - n + 1L);
    }
    Heads query =
        new Heads(
            heads.batch(),
            n,
            heads.heads(),
            heads.keyHeads(),
            heads.size(),
            heads.scale(),
            heads.window());
    int width = heads.resultRow();
    float[] q = new float[heads.batch() * n * width];
    for (int b = 0; b < heads.batch(); b++) {
      for (int i = 0; i < n; i++) {
        int from = heads.queryAt(b, 0) + (start[b] + i) * heads.row();
        System.arraycopy(qkv, from, q, (b * n + i) * width, width);
      }
    }
    onTeams(team -> {
      float[] full = forward(team, heads, qkv)[0];
      float[] out = new float[q.length];
      CachedRows.run(team, query, q, cache(heads, qkv, true), cache(heads, qkv, false), start, out);
      for (int b = 0; b < heads.batch(); b++) {
        int at = heads.resultAt(b, 0) + start[b] * width;
        assertSameBits(
            Arrays.copyOfRange(full, at, at + n * width),
            Arrays.copyOfRange(out, b * n * width, (b + 1) * n * width));
      }
    });
  }

  private static float[][] cache(Heads heads, float[] qkv, boolean keys) {
    int size = heads.size();
    float[][] blocks = new float[heads.tiles()][heads.batch() * heads.keyHeads() * size * 64];
    for (float[] block : blocks) {
      Arrays.fill(block, 1e30f);
    }
    for (int pair = 0; pair < heads.batch() * heads.keyHeads(); pair++) {
      int b = pair / heads.keyHeads();
      int keyHead = pair % heads.keyHeads();
      for (int t = 0; t < heads.length(); t++) {
        for (int d = 0; d < size; d++) {
          int at = keys ? heads.keyAt(b, keyHead) : heads.valueAt(b, keyHead);
          int to = keys ? (pair * size + d) * 64 + t % 64 : (pair * 64 + t % 64) * size + d;
          blocks[t / 64][to] = qkv[at + t * heads.row() + d];
        }
      }
    }
    return blocks;
  }

  @Property(tries = 40)
  void backwardAgreesWithDoublesAndKeepsItsBits(@ForAll("heads") Heads heads, @ForAll long seed) {
    float[] qkv = input(heads, seed);
    float[] g = random(resultSize(heads), seed + 9);
    double[] expected = gradient(heads, qkv, g);
    float[][] first = new float[1][];
    onTeams(team -> {
      float[] actual = backward(team, heads, qkv, g);
      for (int i = 0; i < expected.length; i++) {
        assertEquals(expected[i], actual[i], 2e-4 * (1 + Math.abs(expected[i])), "element " + i);
      }
      if (first[0] == null) {
        first[0] = actual;
      }
      assertSameBits(first[0], actual);
    });
  }

  @Example
  void backwardAgreesWithFiniteDifferences() {
    Heads heads = new Heads(1, 5, 2, 1, 3, 0.7f);
    float[] qkv = input(heads, 3);
    float[] g = random(resultSize(heads), 4);
    try (Team team = new Team(1)) {
      float[] actual = backward(team, heads, qkv, g);
      for (int i = 0; i < qkv.length; i++) {
        double difference = shifted(team, heads, qkv, g, i, 1e-2f);
        difference -= shifted(team, heads, qkv, g, i, -1e-2f);
        assertEquals(difference / 2e-2, actual[i], 2e-3, "element " + i);
      }
    }
  }

  private static double shifted(
      Team team, Heads heads, float[] qkv, float[] g, int i, float shift) {
    float[] moved = qkv.clone();
    moved[i] += shift;
    float[] out = forward(team, heads, moved)[0];
    double sum = 0;
    for (int j = 0; j < out.length; j++) {
      sum += (double) out[j] * g[j];
    }
    return sum;
  }

  private static float[] backward(Team team, Heads heads, float[] qkv, float[] g) {
    float[][] forward = forward(team, heads, qkv);
    float[] dQkv = new float[qkv.length];
    Arrays.fill(dQkv, Float.NaN);
    CausalAttentionGrad.run(team, heads, qkv, forward[0], forward[1], g, dQkv);
    return dQkv;
  }

  /// The textbook derivative in doubles.
  private static double[] gradient(Heads heads, float[] qkv, float[] g) {
    double[] d = new double[qkv.length];
    int row = heads.row();
    for (int b = 0; b < heads.batch(); b++) {
      for (int h = 0; h < heads.heads(); h++) {
        int keyAt = heads.keyAt(b, h / heads.group());
        int valueAt = heads.valueAt(b, h / heads.group());
        for (int t = 0; t < heads.length(); t++) {
          int queryAt = heads.queryAt(b, h) + t * row;
          int gAt = heads.resultAt(b, h) + t * heads.resultRow();
          double[] p = new double[t + 1];
          double[] dp = new double[t + 1];
          double max = Double.NEGATIVE_INFINITY;
          int first = heads.firstSeen(t);
          for (int s = first; s <= t; s++) {
            p[s] = dot(heads, qkv, queryAt, qkv, keyAt + s * row) * heads.scale();
            dp[s] = dot(heads, g, gAt, qkv, valueAt + s * row);
            max = Math.max(max, p[s]);
          }
          double sum = 0;
          for (int s = first; s <= t; s++) {
            p[s] = Math.exp(p[s] - max);
            sum += p[s];
          }
          double along = 0;
          for (int s = first; s <= t; s++) {
            p[s] /= sum;
            along += p[s] * dp[s];
          }
          for (int s = first; s <= t; s++) {
            double ds = p[s] * (dp[s] - along) * heads.scale();
            for (int e = 0; e < heads.size(); e++) {
              d[queryAt + e] += ds * qkv[keyAt + s * row + e];
              d[keyAt + s * row + e] += ds * qkv[queryAt + e];
              d[valueAt + s * row + e] += p[s] * g[gAt + e];
            }
          }
        }
      }
    }
    return d;
  }

  private static double dot(Heads heads, float[] x, int xAt, float[] y, int yAt) {
    double sum = 0;
    for (int i = 0; i < heads.size(); i++) {
      sum += (double) x[xAt + i] * y[yAt + i];
    }
    return sum;
  }

  private static float[][] forward(Team team, Heads heads, float[] qkv) {
    float[] out = new float[resultSize(heads)];
    float[] statistics = new float[2 * heads.batch() * heads.heads() * heads.length()];
    Arrays.fill(out, Float.NaN);
    CausalAttention.run(team, heads, qkv, out, statistics);
    return new float[][] {out, statistics};
  }

  private static float[] input(Heads heads, long seed) {
    return random(heads.batch() * heads.length() * heads.row(), seed);
  }

  private static int resultSize(Heads heads) {
    return heads.batch() * heads.length() * heads.resultRow();
  }
}
