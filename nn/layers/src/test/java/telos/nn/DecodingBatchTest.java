package telos.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import telos.tensor.Rng;
import telos.tensor.Tensor;

/// Rows that join, leave and begin with what was read before are, to the bit, the same rows alone
/// and the rows of the forward pass.
class DecodingBatchTest {
  private static Gpt model(boolean llama) {
    return Models.lively(llama ? Models.llama() : Models.gpt2(), 7);
  }

  private static void assertTheForwardPassSays(Gpt model, int[] prompt, Completion completion) {
    Tensor ids = Models.ids(completion.after(prompt));
    float[] all = LogProbs.ofNext(model.logits(ids), ids).toFloats();
    assertArrayEquals(
        Arrays.copyOfRange(all, prompt.length - 1, all.length), completion.logProbs());
  }

  private static Completion alone(Gpt model, int[] prompt, Sampling sampling, Rng key) {
    return Generator.generate(model, new int[][] {prompt}, sampling, List.of(key)).getFirst();
  }

  private static void finish(DecodingBatch batch) {
    while (!batch.step().isEmpty()) {}
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void rowsThatComeAndGoAreTheSameAsAlone(boolean llama) {
    Gpt model = model(llama);
    var batch = new DecodingBatch(model);
    List<int[]> prompts = new ArrayList<>();
    List<DecodingBatch.Row> rows = new ArrayList<>();
    int[] lengths = {3, 100, 1, 64, 65, 3, 70, 2, 128, 5};
    for (int i = 0; i < lengths.length; i++) {
      prompts.add(Models.tokens(i, lengths[i]));
      rows.add(batch.add(prompts.get(i), sampling(i), Rng.of(i)));
      if (i % 2 == 1) {
        batch.step();
        batch.step();
      }
      if (i == 5) {
        batch.remove(rows.get(1));
        batch.remove(rows.get(0));
      }
    }
    finish(batch);
    assertEquals(0, batch.size());
    for (int i = 0; i < lengths.length; i++) {
      Completion completion = rows.get(i).completion();
      assertTheForwardPassSays(model, prompts.get(i), completion);
      Completion alone = alone(model, prompts.get(i), sampling(i), Rng.of(i));
      if (i > 1) {
        assertEquals(alone, completion, "row " + i);
      } else {
        int[] begun = Arrays.copyOf(alone.tokens(), completion.length());
        assertTrue(completion.length() > 0 && completion.length() < alone.length());
        assertArrayEquals(begun, completion.tokens());
      }
    }
  }

  private static Sampling sampling(int row) {
    return Sampling.of(20 + row % 4 * 3, row % 3 == 0 ? 4 : 99).withTemperature(1 + 0.1 * row);
  }

  /// Rows of one cohort, which end one by one.
  @Test
  void cohortsThatShrinkKeepTheirBits() {
    Gpt model = model(true);
    var batch = new DecodingBatch(model);
    List<DecodingBatch.Row> rows = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      rows.add(batch.add(Models.tokens(i, 58 + i), Sampling.of(3 + 11 * i % 64), Rng.of(i)));
    }
    finish(batch);
    for (int i = 0; i < 8; i++) {
      Completion completion = rows.get(i).completion();
      assertEquals(3 + 11 * i % 64, completion.length());
      assertTheForwardPassSays(model, Models.tokens(i, 58 + i), completion);
    }
  }

  /// A row that ends at the context's last position must not walk on while others are written.
  @Test
  void rowsMayEndAtTheContextsLastPosition() {
    Gpt model = model(false);
    var batch = new DecodingBatch(model);
    int[] full = Models.tokens(1, Models.CONTEXT - 1);
    List<DecodingBatch.Row> rows = new ArrayList<>();
    rows.add(batch.add(full, Sampling.of(1), Rng.of(0)));
    for (int i = 1; i < 6; i++) {
      rows.add(batch.add(Models.tokens(i, 100), Sampling.of(40), Rng.of(i)));
    }
    finish(batch);
    assertTheForwardPassSays(model, full, rows.getFirst().completion());
    assertTheForwardPassSays(model, Models.tokens(5, 100), rows.getLast().completion());
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aPrefixIsReadOnceAndBranchesAnywhere(boolean llama) {
    Gpt model = model(llama);
    int[] whole = Models.tokens(3, 140);
    Prefix prefix = Prefix.read(model, Arrays.copyOf(whole, 130));
    var batch = new DecodingBatch(model);
    List<int[]> prompts = new ArrayList<>();
    List<DecodingBatch.Row> rows = new ArrayList<>();
    for (int branch : new int[] {1, 63, 64, 65, 127, 128, 130}) {
      int[] prompt = Arrays.copyOf(whole, branch + 5);
      for (int i = branch; i < prompt.length; i++) {
        prompt[i] = (whole[i] + 1) % Models.VOCABULARY;
      }
      prompts.add(prompt);
      prompts.add(Arrays.copyOf(prompt, branch + 1));
    }
    prompts.add(Arrays.copyOf(whole, 20));
    for (int[] prompt : prompts) {
      rows.add(batch.add(prompt, prefix, Sampling.of(20), Rng.of(prompt.length)));
    }
    finish(batch);
    for (int i = 0; i < rows.size(); i++) {
      int[] prompt = prompts.get(i);
      assertTheForwardPassSays(model, prompt, rows.get(i).completion());
      assertEquals(
          alone(model, prompt, Sampling.of(20), Rng.of(prompt.length)), rows.get(i).completion());
    }
    assertEquals(130, prefix.first(130).tokens().length);
  }

  /// The next turn of a conversation begins with what the last one read and wrote.
  @Test
  void aRowBecomesThePrefixOfTheNext() {
    Gpt model = model(true);
    var batch = new DecodingBatch(model);
    int[] prompt = Models.tokens(1, 61);
    DecodingBatch.Row first = batch.add(prompt, Sampling.of(9), Rng.of(1));
    batch.add(Models.tokens(2, 50), Sampling.of(30), Rng.of(2));
    while (!first.ended()) {
      batch.step();
    }
    Prefix read = batch.prefix(first);
    int[] said = first.completion().after(prompt);
    assertArrayEquals(Arrays.copyOf(said, said.length - 1), read.tokens());
    int[] next = Arrays.copyOf(said, said.length + 3);
    DecodingBatch.Row second = batch.add(next, read, Sampling.of(9), Rng.of(3));
    finish(batch);
    assertTheForwardPassSays(model, next, second.completion());
    assertThrows(IllegalStateException.class, () -> batch.prefix(first));
  }

  @Test
  void extendingReadsWhatOnePassReads() {
    Gpt model = model(false);
    int[][] prompts = {Models.tokens(1, 40), Models.tokens(2, 70), Models.tokens(3, 100)};
    int[][] begun = new int[3][];
    int[][] rest = new int[3][];
    for (int i = 0; i < 3; i++) {
      begun[i] = Arrays.copyOf(prompts[i], 10 + 25 * i);
      rest[i] = Arrays.copyOfRange(prompts[i], 10 + 25 * i, prompts[i].length);
    }
    Decoding once = Decoding.prefill(model, Rows.pad(prompts, 0), Rows.lengths(prompts));
    Decoding start = Decoding.prefill(model, Rows.pad(begun, 0), Rows.lengths(begun));
    Decoding twice = Decoding.extend(model, start.cache(), Rows.pad(rest, 0), Rows.lengths(rest));
    assertArrayEquals(once.logits().toFloats(), twice.logits().toFloats());
    assertArrayEquals(once.cache().lengths().toInts(), twice.cache().lengths().toInts());
    Tensor tokens = Tensor.of(1, 2, 3);
    assertArrayEquals(
        once.next(model, tokens).logits().toFloats(),
        twice.next(model, tokens).logits().toFloats());
  }

  @Test
  void cachesOfDifferentRowsConcatenate() {
    Gpt model = model(true);
    int[][] prompts = {Models.tokens(1, 130), Models.tokens(2, 7)};
    List<Decoding> apart = new ArrayList<>();
    for (int[] prompt : prompts) {
      apart.add(Decoding.prefill(model, Models.ids(prompt), Tensor.of(prompt.length)));
    }
    KvCache joined = KvCache.concat(apart.stream().map(Decoding::cache).toList());
    Tensor logits = Tensor.concat(0, apart.stream().map(Decoding::logits).toList());
    float[] together =
        new Decoding(logits, joined).next(model, Tensor.of(4, 5)).logits().toFloats();
    for (int b = 0; b < 2; b++) {
      float[] row = apart.get(b).next(model, Tensor.of(4 + b)).logits().toFloats();
      int from = b * Models.VOCABULARY;
      assertArrayEquals(row, Arrays.copyOfRange(together, from, from + Models.VOCABULARY));
    }
  }

  @Test
  void refusesWhatDoesNotFit() {
    var batch = new DecodingBatch(model(false));
    assertEquals(List.of(), batch.step());
    for (int[] prompt : new int[][] {{}, new int[Models.CONTEXT], {1, 23}, {-1}}) {
      var failure =
          assertThrows(
              IllegalArgumentException.class, () -> batch.add(prompt, Sampling.of(1), Rng.of(0)));
      assertTrue(String.valueOf(failure.getMessage()).startsWith("generate: prompt 0"));
    }
    DecodingBatch.Row row = batch.add(new int[] {1}, Sampling.of(5), Rng.of(0));
    assertFalse(row.ended());
    batch.remove(row);
    assertTrue(row.ended());
    assertEquals(List.of(), batch.step());
  }
}
