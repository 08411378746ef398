package telos.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import telos.autograd.Grad;
import telos.tensor.Device;
import telos.tensor.Rng;
import telos.tensor.Tensor;
import telos.tensor.Tree;

class GeneratorTest {
  private static final int[][] PROMPTS = {
    Models.tokens(1, 3),
    Models.tokens(2, 61),
    Models.tokens(3, 1),
    Models.tokens(4, 64),
    Models.tokens(5, 70)
  };

  private static Gpt model(boolean llama) {
    return Models.lively(llama ? Models.llama() : Models.gpt2(), 7);
  }

  private static List<Rng> keys(int n) {
    return Generator.keys(Rng.of(99), n, 1);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void cachedLogProbsEqualTheForwardPassToTheBit(boolean llama) {
    Gpt model = model(llama);
    List<Completion> completions =
        Generator.generate(model, PROMPTS, Sampling.of(70), keys(PROMPTS.length));
    for (int b = 0; b < PROMPTS.length; b++) {
      Completion completion = completions.get(b);
      Tensor ids = Models.ids(completion.after(PROMPTS[b]));
      float[] all = LogProbs.ofNext(model.logits(ids), ids).toFloats();
      float[] expected = Arrays.copyOfRange(all, PROMPTS[b].length - 1, all.length);
      assertEquals(70, completion.length());
      assertArrayEquals(expected, completion.logProbs(), "prompt " + b);
      assertArrayEquals(completion.logProbs(), completion.sampledLogProbs());
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void cachedLogProbsAgreeOnTheReferenceDevice(boolean llama) {
    Device reference = Device.of("reference");
    reference.with(() -> {
      Gpt model = model(llama);
      int[][] prompts = {Models.tokens(1, 2), Models.tokens(2, 5)};
      List<Completion> completions = Generator.generate(model, prompts, Sampling.of(4), keys(2));
      for (int b = 0; b < 2; b++) {
        Tensor ids = Models.ids(completions.get(b).after(prompts[b]));
        float[] all = LogProbs.ofNext(model.logits(ids), ids).toFloats();
        float[] expected = Arrays.copyOfRange(all, prompts[b].length - 1, all.length);
        assertArrayEquals(expected, completions.get(b).logProbs(), 1e-5f);
      }
      return null;
    });
  }

  @Test
  void aSampleDoesNotDependOnItsBatch() {
    Gpt model = model(true);
    Sampling sampling = Sampling.of(40, 3, 4).withTemperature(0.8).withTopK(12).withTopP(0.9);
    List<Rng> keys = keys(PROMPTS.length);
    List<Completion> together = Generator.generate(model, PROMPTS, sampling, keys);
    for (int b = 0; b < PROMPTS.length; b++) {
      List<Completion> alone =
          Generator.generate(model, new int[][] {PROMPTS[b]}, sampling, List.of(keys.get(b)));
      assertEquals(together.get(b), alone.getFirst(), "prompt " + b);
    }
    int[][] reversed = IntStream.range(0, 5).mapToObj(i -> PROMPTS[4 - i]).toArray(int[][]::new);
    assertEquals(
        together.reversed(), Generator.generate(model, reversed, sampling, keys.reversed()));
  }

  @Test
  void endsWithTheStopToken() {
    Gpt model = model(false);
    int[][] prompts = new int[32][];
    Arrays.setAll(prompts, i -> Models.tokens(i, 1 + i % 5));
    List<Completion> completions =
        Generator.generate(model, prompts, Sampling.of(30, 5, 6), keys(32));
    assertTrue(completions.stream().anyMatch(Completion::stopped));
    for (Completion completion : completions) {
      int[] tokens = completion.tokens();
      int last = tokens[tokens.length - 1];
      assertEquals(completion.stopped(), last == 5 || last == 6);
      assertTrue(completion.stopped() || tokens.length == 30);
      assertFalse(Arrays.stream(tokens, 0, tokens.length - 1).anyMatch(t -> t == 5 || t == 6));
    }
  }

  @Test
  void keysMakeSamplesDiffer() {
    Gpt model = model(false);
    int[][] same = {PROMPTS[0], PROMPTS[0], PROMPTS[0]};
    Rng key = Rng.of(5);
    List<Completion> completions =
        Generator.generate(model, same, Sampling.of(20), List.of(key, key, Rng.of(6)));
    assertEquals(completions.get(0), completions.get(1));
    assertFalse(Arrays.equals(completions.get(0).tokens(), completions.get(2).tokens()));
  }

  @Test
  void greedyTakesTheMostLikelyToken() {
    Gpt model = model(true);
    List<Completion> completions =
        Generator.generate(model, PROMPTS, Sampling.greedy(12), keys(PROMPTS.length));
    for (int b = 0; b < PROMPTS.length; b++) {
      Tensor whole = Models.ids(completions.get(b).after(PROMPTS[b]));
      int[] best = model.logits(whole).argMax(-1).toInts();
      int from = PROMPTS[b].length - 1;
      assertArrayEquals(Arrays.copyOfRange(best, from, from + 12), completions.get(b).tokens());
    }
  }

  @Test
  void samplesFollowTheModelsDistribution() {
    Gpt model = model(false);
    int n = 4000;
    int[][] prompts = new int[n][];
    Arrays.fill(prompts, PROMPTS[0]);
    List<Completion> completions =
        Generator.generate(model, prompts, Sampling.of(1), Generator.keys(Rng.of(3), 1, n));
    double[] p = model.logits(Models.ids(PROMPTS[0])).at(1, -1).toDoubles();
    double total = Arrays.stream(p).map(Math::exp).sum();
    int[] counts = new int[Models.VOCABULARY];
    completions.forEach(completion -> counts[completion.tokens()[0]]++);
    for (int token = 0; token < counts.length; token++) {
      double probability = Math.exp(p[token]) / total;
      double deviation = Math.sqrt(n * probability * (1 - probability));
      assertEquals(n * probability, counts[token], 4.5 * deviation + 1, "token " + token);
    }
  }

  @Test
  void isAConstantForGradients() {
    Gpt model = model(false);
    int[][] prompt = {PROMPTS[0]};
    Completion outside = Generator.generate(model, prompt, Sampling.of(5), keys(1)).getFirst();
    Gpt gradient =
        Grad.valueAndGrad(
                m -> {
                  Completion inside =
                      Generator.generate(m, prompt, Sampling.of(5), keys(1)).getFirst();
                  assertEquals(outside, inside);
                  Tensor ids = Models.ids(inside.after(prompt[0]));
                  return Losses.nextToken(m.logits(ids), ids, ids.onesLike());
                },
                model)
            .grad();
    assertTrue(Clip.globalNorm(gradient) > 0);
  }

  @Test
  void brokenModelsAreNamedByTheirPrompt() {
    Gpt broken =
        Tree.mapWithPath(
            model(false), (path, leaf) -> path.equals("norm.bias") ? leaf.mul(Float.NaN) : leaf);
    for (Sampling sampling : List.of(Sampling.of(2), Sampling.greedy(2))) {
      ArithmeticException failure =
          assertThrows(
              ArithmeticException.class,
              () -> Generator.generate(broken, PROMPTS, sampling, keys(5)));
      assertTrue(failure.getMessage().contains("prompt 0"), failure.getMessage());
    }
  }

  @Test
  void refusesWhatDoesNotFit() {
    Gpt model = model(false);
    List<String> messages = new ArrayList<>();
    messages.add(refusal(model, new int[][] {{}}, Sampling.of(1), keys(1)));
    messages.add(refusal(model, PROMPTS, Sampling.of(1), keys(2)));
    messages.add(refusal(model, PROMPTS, Sampling.of(Models.CONTEXT - 69), keys(5)));
    assertTrue(messages.get(0).contains("prompt 0 of 0 tokens"), messages.get(0));
    assertTrue(messages.get(1).contains("5 prompts and 2 keys"), messages.get(1));
    assertTrue(messages.get(2).contains("prompt 4 of 70 tokens"), messages.get(2));
    assertEquals(List.of(), Generator.generate(model, new int[0][], Sampling.of(1), List.of()));
  }

  private static String refusal(Gpt model, int[][] prompts, Sampling sampling, List<Rng> keys) {
    return assertThrows(
            IllegalArgumentException.class,
            () -> Generator.generate(model, prompts, sampling, keys))
        .getMessage();
  }
}
