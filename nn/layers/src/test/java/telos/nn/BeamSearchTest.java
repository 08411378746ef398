package telos.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import telos.tensor.Rng;
import telos.tensor.Tensor;

class BeamSearchTest {
  private static final int STOP = 3;
  private static final int LIMIT = 4;
  private static final Gpt TINY = Models.lively(GptConfig.llama(1, 2, 1, 16, 16, 12, 4), 5);
  private static final int[] PROMPT = {0, 1};

  private record Scored(int[] tokens, double logProb, double score) {}

  /// Every completion there is, the best first.
  private static List<Scored> exhaustive(double lengthPenalty) {
    List<Scored> all = new ArrayList<>();
    visit(new int[0], lengthPenalty, all);
    all.sort(Comparator.comparingDouble(Scored::score).reversed());
    return all;
  }

  private static void visit(int[] tokens, double lengthPenalty, List<Scored> all) {
    boolean stopped = tokens.length > 0 && tokens[tokens.length - 1] == STOP;
    if (stopped || tokens.length == LIMIT) {
      int[] whole = Arrays.copyOf(PROMPT, PROMPT.length + tokens.length);
      System.arraycopy(tokens, 0, whole, PROMPT.length, tokens.length);
      float[] logProbs =
          LogProbs.ofNext(TINY.logits(Models.ids(whole)), Models.ids(whole)).toFloats();
      double sum = 0;
      for (int t = PROMPT.length - 1; t < logProbs.length; t++) {
        sum += logProbs[t];
      }
      all.add(new Scored(tokens, sum, sum / Math.pow(tokens.length, lengthPenalty)));
      return;
    }
    for (int token = 0; token < 4; token++) {
      int[] next = Arrays.copyOf(tokens, tokens.length + 1);
      next[tokens.length] = token;
      visit(next, lengthPenalty, all);
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.5, 0, 1, 2})
  void aWideBeamFindsWhatThereIs(double lengthPenalty) {
    List<Scored> all = exhaustive(lengthPenalty);
    var search = new BeamSearch(200, 10, LIMIT, Set.of(STOP), lengthPenalty, false);
    List<BeamSearch.Hypothesis> found = search.search(TINY, PROMPT);
    for (int i = 0; i < 10; i++) {
      assertArrayEquals(all.get(i).tokens(), found.get(i).completion().tokens());
      assertEquals(all.get(i).logProb(), found.get(i).logProb());
      assertEquals(all.get(i).score(), found.get(i).score(), 1e-12);
      int[] tokens = found.get(i).completion().tokens();
      assertEquals(tokens[tokens.length - 1] == STOP, found.get(i).completion().stopped());
    }
  }

  /// The stopping rule cuts off nothing: with as many beams as ever live at once, the narrower
  /// search that stops when it is decided gives what running to the limit gives.
  @Test
  void theSearchEndsWhenItIsDecided() {
    for (double lengthPenalty : new double[] {0, 1}) {
      Scored best = exhaustive(lengthPenalty).getFirst();
      var search = new BeamSearch(27, 1, LIMIT, Set.of(STOP), lengthPenalty, false);
      assertArrayEquals(
          best.tokens(), search.search(TINY, PROMPT).getFirst().completion().tokens());
    }
  }

  @Test
  void oneBeamIsGreedy() {
    Gpt model = Models.lively(Models.gpt2(), 7);
    int[] prompt = Models.tokens(2, 61);
    Completion greedy =
        Generator.generate(
                model, new int[][] {prompt}, Sampling.greedy(12, STOP), List.of(Rng.of(0)))
            .getFirst();
    Completion beam = BeamSearch.of(1, 12, STOP).search(model, prompt).getFirst().completion();
    assertArrayEquals(greedy.tokens(), beam.tokens());
    assertArrayEquals(greedy.logProbs(), beam.logProbs());
  }

  @Test
  void scoresAreTheForwardPasses() {
    Gpt model = Models.lively(Models.llama(), 7);
    int[] prompt = Models.tokens(4, 60);
    List<BeamSearch.Hypothesis> found =
        new BeamSearch(4, 4, 10, Set.of(STOP), 1, true).search(model, prompt);
    assertEquals(4, found.size());
    for (BeamSearch.Hypothesis hypothesis : found) {
      Tensor ids = Models.ids(hypothesis.completion().after(prompt));
      float[] all = LogProbs.ofNext(model.logits(ids), ids).toFloats();
      float[] own = Arrays.copyOfRange(all, prompt.length - 1, all.length);
      assertArrayEquals(own, hypothesis.completion().logProbs());
      double sum = 0;
      for (float logProb : own) {
        sum += logProb;
      }
      assertEquals(sum, hypothesis.logProb());
      assertEquals(sum / own.length, hypothesis.score());
    }
    assertTrue(found.get(0).score() >= found.get(3).score());
  }

  @Test
  void refusesNonsense() {
    assertThrows(IllegalArgumentException.class, () -> BeamSearch.of(0, 4));
    assertThrows(IllegalArgumentException.class, () -> new BeamSearch(2, 3, 4, Set.of(), 1, false));
    assertThrows(
        IllegalArgumentException.class, () -> BeamSearch.of(2, 4).search(TINY, new int[11]));
  }
}
