package telos.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import telos.tensor.Rng;
import telos.tensor.Tree;

class PerplexityTest {
  private static final Gpt MODEL = Models.lively(GptConfig.gpt2(1, 2, 16, 32, 23), 3);

  /// Each token alone, with the context that its window gives it.
  @ParameterizedTest
  @ValueSource(ints = {1, 7, 16, 31})
  void everyTokenIsScoredOnceInItsWindow(int stride) {
    int[] ids = Models.tokens(5, 150);
    double expected = 0;
    int from = 0;
    for (int token = 1; token < ids.length; token++) {
      while (token >= from + 32) {
        from += stride;
      }
      int[] seen = java.util.Arrays.copyOfRange(ids, from, token + 1);
      float[] all = LogProbs.ofNext(MODEL.logits(Models.ids(seen)), Models.ids(seen)).toFloats();
      expected -= all[all.length - 1];
    }
    Perplexity perplexity = Perplexity.of(MODEL, ids, stride);
    assertEquals(expected, perplexity.nats(), 1e-9 * expected);
    assertEquals(149, perplexity.tokens());
  }

  @Test
  void aModelThatKnowsNothingHasTheVocabularyForPerplexity() {
    Gpt nothing = Tree.map(Gpt.init(GptConfig.gpt2(1, 2, 16, 32, 23), Rng.of(1)), t -> t.mul(0));
    Perplexity perplexity = Perplexity.of(nothing, Models.tokens(1, 500), 16);
    assertEquals(23, perplexity.value(), 1e-4);
    assertEquals(Math.log(23) / Math.log(2) / 2, perplexity.bitsPerByte(2 * 499), 1e-6);
  }

  @Test
  void refusesWhatHasNoMeaning() {
    int[] ids = Models.tokens(1, 9);
    assertThrows(IllegalArgumentException.class, () -> Perplexity.of(MODEL, ids, 0));
    assertThrows(IllegalArgumentException.class, () -> Perplexity.of(MODEL, ids, 32));
    assertThrows(IllegalArgumentException.class, () -> Perplexity.of(MODEL, new int[1], 8));
  }
}
