package telos.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import telos.tensor.Rng;
import telos.tensor.Tensor;

class WarpTest {
  private static final Gpt MODEL = Models.lively(Models.llama(), 7);
  private static final int[] PROMPT = Models.tokens(1, 5);

  private static Written row(int[] prompt, int... written) {
    Written row = new Written(prompt, Sampling.of(9), Rng.of(0));
    for (int token : written) {
      row.append(new Drawing(token, 0, 0, Optional.empty(), Optional.empty()));
    }
    return row;
  }

  private static float[] apply(Warp.OfLogits warp, float... logits) {
    return warp.apply(row(new int[] {0, 0}, 1, 1, 2), logits);
  }

  private static Completion write(Sampling sampling) {
    return Generator.generate(MODEL, new int[][] {PROMPT}, sampling, List.of(Rng.of(3))).getFirst();
  }

  /// Prompt 0 0, written 1 1 2, token 3 nowhere.
  @Test
  void penaltiesAreThoseTheirAuthorsDefine() {
    assertArrayEquals(
        new float[] {2, -3, 4, 5}, apply(new Warp.RepetitionPenalty(1.5), 3, -2, 6, 5));
    assertArrayEquals(
        new float[] {3, -2.5f, 5.5f, 5}, apply(new Warp.PresencePenalty(0.5), 3, -2, 6, 5));
    assertArrayEquals(
        new float[] {3, -3, 5.5f, 5}, apply(new Warp.FrequencyPenalty(0.5), 3, -2, 6, 5));
    assertArrayEquals(
        new float[] {3, -2, Float.NEGATIVE_INFINITY, 6},
        apply(new Warp.Bias(Map.of(2, Double.NEGATIVE_INFINITY, 3, 1.0)), 3, -2, 6, 5));
  }

  @Test
  void theOrderInWhichTheyAreGivenDoesNotMatter() {
    List<Warp> warps =
        new ArrayList<>(
            List.of(
                new Warp.Bias(Map.of(4, 2.0)),
                new Warp.RepetitionPenalty(1.2),
                new Warp.PresencePenalty(0.3),
                new Warp.FrequencyPenalty(0.2),
                new Warp.Temperature(0.9),
                new Warp.TopK(12),
                new Warp.TopP(0.9),
                new Warp.MinP(0.02),
                new Warp.Typical(0.95)));
    Sampling first = Sampling.of(30).with(warps.toArray(Warp[]::new));
    assertEquals(warps, first.warps());
    Completion expected = write(first);
    Collections.shuffle(warps, new Random(1));
    Sampling second = Sampling.of(30).with(warps.toArray(Warp[]::new));
    assertEquals(first, second);
    assertEquals(expected, write(second));
    assertEquals(Sampling.of(30), Sampling.of(30).with(new Warp.TopP(1), new Warp.TopK(0)));
    assertEquals(0.5, first.withTemperature(0.5).temperature());
  }

  /// One step by hand: bias, penalty, temperature and top-k of the model's own scores.
  @Test
  void sampledLogProbsAreThoseOfTheWarpedDistribution() {
    Sampling sampling =
        Sampling.of(1)
            .with(
                new Warp.Bias(Map.of(3, 1.5)),
                new Warp.RepetitionPenalty(1.3),
                new Warp.Temperature(0.7),
                new Warp.TopK(4));
    float[] logits = MODEL.logits(Models.ids(PROMPT)).at(1, -1).toFloats();
    double[] p = new double[logits.length];
    for (int token = 0; token < p.length; token++) {
      int own = token;
      double score = logits[token] + (token == 3 ? 1.5 : 0);
      boolean seen = Arrays.stream(PROMPT).anyMatch(t -> t == own);
      p[token] = Math.exp((seen ? score > 0 ? score / 1.3 : score * 1.3 : score) / 0.7);
    }
    double[] sorted = Arrays.stream(p).sorted().toArray();
    double kept = Arrays.stream(sorted, p.length - 4, p.length).sum();
    for (int key = 0; key < 20; key++) {
      Completion completion =
          Generator.generate(MODEL, new int[][] {PROMPT}, sampling, List.of(Rng.of(key)))
              .getFirst();
      int token = completion.tokens()[0];
      assertTrue(p[token] >= sorted[p.length - 4]);
      assertEquals(Math.log(p[token] / kept), completion.sampledLogProbs()[0], 1e-4);
      float raw =
          LogProbs.of(MODEL.logits(Models.ids(PROMPT)).at(1, -1), Tensor.of(token)).toFloats()[0];
      assertEquals(raw, completion.logProbs()[0]);
    }
  }

  @Test
  void processorsSeeTheTokensAndDecide() {
    List<String> seen = new ArrayList<>();
    LogitProcessor count =
        (prompt, written, logits) -> {
          seen.add(prompt.length + "+" + Arrays.toString(written));
          float[] only = new float[logits.length];
          Arrays.fill(only, Float.NEGATIVE_INFINITY);
          only[written.length] = 0;
          return only;
        };
    Completion completion = write(Sampling.of(3).with(new Warp.Processor(count)));
    assertArrayEquals(new int[] {0, 1, 2}, completion.tokens());
    assertArrayEquals(new float[3], completion.sampledLogProbs());
    assertEquals(List.of("5+[]", "5+[0]", "5+[0, 1]"), seen);
  }

  /// What a row did wrong is told of that row; the others are not concerned.
  @Test
  void aRowFailsAlone() {
    LogitProcessor nothing =
        (_, written, logits) -> {
          Arrays.fill(logits, written.length < 2 ? 0 : Float.NEGATIVE_INFINITY);
          return logits;
        };
    var batch = new DecodingBatch(MODEL);
    batch.add(PROMPT, Sampling.of(5).with(new Warp.Processor(nothing)), Rng.of(1));
    DecodingBatch.Row good = batch.add(PROMPT, Sampling.of(5), Rng.of(3));
    batch.step();
    batch.step();
    List<DecodingBatch.Event> third = batch.step();
    var failure = assertInstanceOf(DecodingBatch.Event.Failure.class, third.getFirst());
    assertTrue(String.valueOf(failure.cause().getMessage()).contains("every token is ruled out"));
    assertTrue(failure.row().ended());
    while (!batch.step().isEmpty()) {}
    assertEquals(write(Sampling.of(5)), good.completion());
    var wrong = Sampling.of(5).with(new Warp.Processor((_, _, _) -> new float[2]));
    assertThrows(IllegalArgumentException.class, () -> write(wrong));
  }

  @Test
  void distributionsHoldTheTokensOwnLogProb() {
    Sampling sampling = Sampling.of(4).withTopK(3).withDistributions();
    Generator.generate(
        new DecodingBatch(MODEL),
        new int[][] {PROMPT},
        sampling,
        List.of(Rng.of(3)),
        token -> {
          float[] all = token.distribution().orElseThrow();
          assertEquals(token.logProb(), all[token.id()]);
          double sum = 0;
          for (float logProb : all) {
            sum += Math.exp(logProb);
          }
          assertEquals(1, sum, 1e-5);
          assertEquals(2, token.top(2).size());
          assertTrue(token.top(3).stream().anyMatch(entry -> entry.getKey() == token.id()));
        });
  }

  @Test
  void choicesAreDrawnByTheirProbability() {
    Choices choices = Choices.of(new int[] {4, 5}, new int[] {4, 6, 7}, new int[] {8});
    double[] logP = new double[3];
    for (int i = 0; i < 3; i++) {
      int[] choice = choices.sequences().get(i).stream().mapToInt(t -> t).toArray();
      int[] whole = Arrays.copyOf(PROMPT, PROMPT.length + choice.length);
      System.arraycopy(choice, 0, whole, PROMPT.length, choice.length);
      float[] all = LogProbs.ofNext(MODEL.logits(Models.ids(whole)), Models.ids(whole)).toFloats();
      for (int t = PROMPT.length - 1; t < all.length; t++) {
        logP[i] += all[t];
      }
    }
    for (int key = 0; key < 10; key++) {
      Choices.Chosen chosen = Generator.choose(MODEL, PROMPT, choices, Sampling.of(1), Rng.of(key));
      assertEquals(logP[chosen.index()], chosen.logProb(), 1e-12);
      assertTrue(chosen.sampledLogProb() <= 0 && chosen.sampledLogProb() > chosen.logProb());
    }
    Choices.Chosen only =
        Generator.choose(
            MODEL, PROMPT, Choices.of(new int[] {9, 9}), Sampling.greedy(1), Rng.of(0));
    assertEquals(0, only.index());
    assertEquals(0, only.sampledLogProb());
    assertThrows(IllegalArgumentException.class, Choices::of);
    assertThrows(IllegalArgumentException.class, () -> Choices.of(new int[] {1}, new int[] {}));
    assertThrows(IllegalArgumentException.class, () -> Choices.of(new int[] {1}, new int[] {1, 2}));
    assertThrows(IllegalArgumentException.class, () -> Choices.of(new int[] {1, 2}, new int[] {1}));
  }

  /// Against both models' forward passes, with greedy choice; rows of different lengths come and
  /// go.
  @Test
  void guidanceReadsTheSameTokens() {
    Gpt amateur = Models.lively(Models.gpt2(), 3);
    var batch = new DecodingBatch(MODEL, Guidance.contrastive(amateur, 0.1));
    List<DecodingBatch.Row> rows = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      rows.add(batch.add(Models.tokens(i, 3 + 30 * i), Sampling.greedy(4 + i), Rng.of(i)));
      batch.step();
    }
    while (!batch.step().isEmpty()) {}
    for (int i = 0; i < 4; i++) {
      int[] prompt = Models.tokens(i, 3 + 30 * i);
      Tensor ids = Models.ids(rows.get(i).completion().after(prompt));
      Tensor scores =
          Guidance.contrastive(amateur, 0.1)
              .combine()
              .apply(MODEL.logits(ids), amateur.logits(ids));
      int[] best = scores.argMax(-1).toInts();
      assertArrayEquals(
          Arrays.copyOfRange(best, prompt.length - 1, best.length - 1),
          rows.get(i).completion().tokens());
      float[] own = LogProbs.ofNext(MODEL.logits(ids), ids).toFloats();
      assertArrayEquals(
          Arrays.copyOfRange(own, prompt.length - 1, own.length),
          rows.get(i).completion().logProbs());
    }
  }

  @Test
  void refusesNonsense() {
    assertThrows(IllegalArgumentException.class, () -> new Warp.RepetitionPenalty(0));
    assertThrows(IllegalArgumentException.class, () -> new Warp.RepetitionPenalty(-1));
    assertThrows(IllegalArgumentException.class, () -> new Warp.PresencePenalty(Double.NaN));
    assertThrows(IllegalArgumentException.class, () -> new Warp.MinP(1.1));
    assertThrows(IllegalArgumentException.class, () -> new Warp.Typical(0));
    assertThrows(IllegalArgumentException.class, () -> Guidance.contrastive(MODEL, 0));
    var batch = new DecodingBatch(MODEL);
    for (Warp warp :
        List.of(new Warp.Bias(Map.of(99, 1.0)), new Warp.Among(Choices.of(new int[] {1, 99})))) {
      var failure =
          assertThrows(
              IllegalArgumentException.class,
              () -> batch.add(PROMPT, Sampling.of(1).with(warp), Rng.of(0)));
      assertTrue(String.valueOf(failure.getMessage()).contains("the token 99"));
    }
  }
}
