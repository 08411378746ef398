package telos.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import telos.tensor.Tensor;

class ScoringTest {
  private static final List<Gpt> MODELS =
      List.of(
          Models.lively(Models.gpt2(), 1),
          Models.lively(Models.llama(), 2),
          Models.lively(Models.qwen(), 3),
          Models.lively(stretched(), 4));

  /// Positions that turn otherwise in sequences of more than 30.
  private static GptConfig stretched() {
    GptConfig c = Models.llama();
    return new GptConfig(
        c.layers(),
        c.width(),
        c.context(),
        c.vocabulary(),
        c.attention(),
        c.feedForward(),
        c.normalisation(),
        c.eps(),
        new GptConfig.Rotary(10_000, Optional.of(new RotaryScaling.Dynamic(2, 30))),
        c.tiedHead());
  }

  @Property(tries = 25)
  void scoresAreThoseOfWholePasses(
      @ForAll @IntRange(min = 1, max = 75) int prompt,
      @ForAll @IntRange(min = 1, max = 5) int count,
      @ForAll @IntRange(min = 1, max = 70) int longest,
      @ForAll @IntRange(max = 999) int seed) {
    int[] start = Models.tokens(seed, prompt);
    int[][] continuations = new int[count][];
    Arrays.setAll(
        continuations, i -> Models.tokens(seed + 1 + i, 1 + (longest + 13 * i) % longest));
    for (Gpt model : MODELS.subList(0, 3)) {
      double[] scores = Scoring.score(model, start, continuations);
      for (int i = 0; i < count; i++) {
        assertEquals(whole(model, start, continuations[i]), scores[i]);
      }
    }
    int[] one = continuations[0];
    double[] score = Scoring.score(MODELS.getLast(), start, one);
    assertArrayEquals(new double[] {whole(MODELS.getLast(), start, one)}, score);
  }

  private static double whole(Gpt model, int[] prompt, int[] continuation) {
    int[] all = Arrays.copyOf(prompt, prompt.length + continuation.length);
    System.arraycopy(continuation, 0, all, prompt.length, continuation.length);
    Tensor ids = Models.ids(all);
    float[] logProbs = LogProbs.ofNext(model.logits(ids), ids).toFloats();
    double sum = 0;
    for (int t = prompt.length - 1; t < logProbs.length; t++) {
      sum += logProbs[t];
    }
    return sum;
  }

  /// Token after token, every kind of model scores what one pass scores.
  @Test
  void cachedStepsAreRowsOfWholePasses() {
    int[] ids = Models.tokens(5, 100);
    for (Gpt model : MODELS.subList(0, 3)) {
      float[] whole = model.logits(Models.ids(ids)).toFloats();
      Decoding read = Decoding.prefill(model, Models.ids(new int[] {ids[0]}), Tensor.of(1));
      for (int t = 1; t < ids.length; t++) {
        read = read.next(model, Tensor.of(ids[t]));
        int from = t * Models.VOCABULARY;
        float[] row = Arrays.copyOfRange(whole, from, from + Models.VOCABULARY);
        assertArrayEquals(row, read.logits().toFloats());
      }
    }
  }

  @Test
  void whatCannotBeScoredIsRefused() {
    Gpt model = MODELS.getFirst();
    int[] one = {1};
    int[] none = {};
    for (int[][] wrong : new int[][][] {{none, one}, {one, none}, {one}, {new int[160], one}}) {
      int[][] continuations = Arrays.copyOfRange(wrong, 1, wrong.length);
      assertThrows(
          IllegalArgumentException.class, () -> Scoring.score(model, wrong[0], continuations));
    }
  }
}
