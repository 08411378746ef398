package telos.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.FloatRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class CandidatesTest {
  private static final float[] P = {0.1f, 0.3f, 0.05f, 0.3f, 0.25f};

  private static Candidates candidates(float[] p, Warp... warps) {
    Candidates candidates = Candidates.all(p, 0, p.length);
    for (Warp warp : Sampling.of(1).with(warps).warps()) {
      candidates = ((Warp.OfCandidates) warp).apply(candidates);
    }
    return candidates;
  }

  private static Candidates nucleus(float[] p, int topK, double topP) {
    return candidates(p, new Warp.TopP(topP), new Warp.TopK(topK));
  }

  private static int[] kept(int topK, double topP) {
    return nucleus(P, topK, topP).tokens();
  }

  private static float[] probabilities(List<Float> raw) {
    float[] p = new float[raw.size()];
    IntStream.range(0, p.length).forEach(i -> p[i] = raw.get(i));
    p[0] += 0.01f;
    return p;
  }

  @Test
  void keepsTheMostLikelyLowerIndexFirst() {
    assertArrayEquals(new int[] {0, 1, 2, 3, 4}, kept(0, 1));
    assertArrayEquals(new int[] {1}, kept(1, 1));
    assertArrayEquals(new int[] {1, 3, 4}, kept(3, 1));
    assertArrayEquals(new int[] {0, 1, 2, 3, 4}, kept(9, 1));
  }

  @Test
  void keepsTheFewestThatReachTheSum() {
    assertArrayEquals(new int[] {1}, kept(0, 0.2));
    assertArrayEquals(new int[] {1, 3}, kept(0, 0.5));
    assertArrayEquals(new int[] {1, 3, 4}, kept(0, 0.7));
    assertArrayEquals(new int[] {1, 3, 4, 0}, kept(0, 0.9));
  }

  @Test
  void topPCountsWhatTopKLeft() {
    // Of 0.3, 0.3, 0.25 (0.85 in all) the first two hold 70.6 %.
    assertArrayEquals(new int[] {1, 3}, kept(3, 0.70));
    assertArrayEquals(new int[] {1, 3, 4}, kept(3, 0.72));
  }

  @Test
  void theDrawInvertsTheCumulativeSum() {
    Candidates all = nucleus(P, 0, 1);
    assertEquals(0, all.draw(0.0).token());
    assertEquals(0, all.draw(0.0999).token());
    assertEquals(1, all.draw(0.1001).token());
    assertEquals(4, all.draw(Math.nextDown(1.0)).token());
    Candidates.Draw draw = nucleus(P, 2, 1).draw(0.6);
    assertEquals(3, draw.token());
    assertEquals(Math.log(0.5), draw.logProb(), 1e-7);
  }

  @Property(tries = 200)
  void drawsOnlyKeptTokensWithTheirProbability(
      @ForAll @Size(min = 1, max = 12) List<@FloatRange(min = 0, max = 1) Float> raw,
      @ForAll @IntRange(max = 13) int topK,
      @ForAll @DoubleRange(min = 0.01, max = 1) double topP,
      @ForAll @DoubleRange(min = 0, max = 1, maxIncluded = false) double u) {
    float[] p = probabilities(raw);
    Candidates nucleus = nucleus(p, topK, topP);
    Candidates.Draw draw = nucleus.draw(u);
    int[] kept = nucleus.tokens();
    assertTrue(IntStream.of(kept).anyMatch(token -> token == draw.token()));
    assertTrue(p[draw.token()] > 0);
    double total = IntStream.of(kept).mapToDouble(token -> p[token]).sum();
    assertEquals(p[draw.token()] / total, Math.exp(draw.logProb()), 1e-9);
    double least = IntStream.of(kept).mapToDouble(token -> p[token]).min().orElseThrow();
    boolean[] in = new boolean[p.length];
    Arrays.stream(kept).forEach(token -> in[token] = true);
    assertTrue(IntStream.range(0, p.length).allMatch(token -> in[token] || p[token] <= least));
  }

  @Property(tries = 100)
  void topKIsTheHeadOfTheRanking(
      @ForAll @Size(min = 1, max = 60) List<@IntRange(max = 9) Integer> raw,
      @ForAll @IntRange(min = 1, max = 60) int topK) {
    float[] p = new float[raw.size()];
    IntStream.range(0, p.length).forEach(i -> p[i] = raw.get(i) / 10f);
    int[] expected =
        IntStream.range(0, p.length)
            .boxed()
            .sorted(Comparator.comparingDouble((Integer i) -> -p[i]).thenComparingInt(i -> i))
            .limit(topK)
            .mapToInt(i -> i)
            .toArray();
    int[] kept = nucleus(p, topK, 1).tokens();
    assertArrayEquals(topK >= p.length ? IntStream.range(0, p.length).toArray() : expected, kept);
  }

  @Property(tries = 200)
  void minPKeepsWhatIsLikelyEnough(
      @ForAll @Size(min = 1, max = 12) List<@FloatRange(min = 0, max = 1) Float> raw,
      @ForAll @DoubleRange(min = 0.01, max = 1) double minP) {
    float[] p = probabilities(raw);
    double most = IntStream.range(0, p.length).mapToDouble(i -> p[i]).max().orElseThrow();
    int[] expected = IntStream.range(0, p.length).filter(i -> p[i] >= minP * most).toArray();
    assertArrayEquals(expected, candidates(p, new Warp.MinP(minP)).tokens());
  }

  /// Against sorting all tokens by how far their surprise is from the entropy.
  @Property(tries = 200)
  void typicalTokensAreThoseNextToTheEntropy(
      @ForAll @Size(min = 1, max = 12) List<@FloatRange(min = 0.01f, max = 1) Float> raw,
      @ForAll @DoubleRange(min = 0.01, max = 0.99) double mass) {
    float[] p = probabilities(raw);
    double total = IntStream.range(0, p.length).mapToDouble(i -> p[i]).sum();
    double entropy =
        IntStream.range(0, p.length)
            .mapToDouble(i -> -p[i] / total * StrictMath.log(p[i] / total))
            .sum();
    List<Integer> order =
        IntStream.range(0, p.length)
            .boxed()
            .sorted(
                Comparator.comparingDouble(
                    (Integer i) -> (float) Math.abs(-StrictMath.log(p[i] / total) - entropy)))
            .toList();
    int count = 0;
    double sum = 0;
    while (sum < mass * total) {
      sum += p[order.get(count++)];
    }
    int[] expected = order.stream().limit(count).mapToInt(i -> i).toArray();
    assertArrayEquals(expected, candidates(p, new Warp.Typical(mass)).tokens());
  }

  /// Of {0.7, 0.1, 0.1, 0.1} (entropy 0.94) the likely token is typical, its surprise being 0.36;
  /// of {0.4, 0.15, ...} (entropy 1.50) the rare ones are, 1.90 against 0.92.
  @Test
  void typicalIsNotLikely() {
    float[] sure = {0.7f, 0.1f, 0.1f, 0.1f};
    float[] unsure = {0.4f, 0.15f, 0.15f, 0.15f, 0.15f};
    assertArrayEquals(new int[] {0}, candidates(sure, new Warp.Typical(0.2)).tokens());
    assertArrayEquals(new int[] {1, 2}, candidates(unsure, new Warp.Typical(0.3)).tokens());
  }

  @Test
  void refusesNonsense() {
    assertThrows(IllegalArgumentException.class, () -> Sampling.of(0));
    assertThrows(IllegalArgumentException.class, () -> Sampling.of(1).withTemperature(-1));
    assertThrows(IllegalArgumentException.class, () -> Sampling.of(1).withTemperature(Double.NaN));
    assertThrows(IllegalArgumentException.class, () -> Sampling.of(1).withTopP(0));
    assertThrows(IllegalArgumentException.class, () -> Sampling.of(1).withTopK(-1));
  }
}
