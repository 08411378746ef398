package telos.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import telos.autograd.Grad;
import telos.autograd.Loss;
import telos.autograd.Step;
import telos.tensor.DType;
import telos.tensor.Device;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.Tree;

class LossesTest {
  private static final Tensor LOGITS = Rng.of(1).normal(Shape.of(2, 3, 5)).mul(2);
  private static final Tensor LABELS = Tensor.of(new int[] {0, 4, 2, 1, 1, 3}, Shape.of(2, 3));
  private static final Tensor MASK =
      Tensor.of(new boolean[] {true, false, true, false, false, true}, 2, 3);

  private static double logProb(int position) {
    double[] all = LOGITS.toDoubles();
    int label = LABELS.toInts()[position];
    double total = 0;
    for (int v = 0; v < 5; v++) {
      total += Math.exp(all[position * 5 + v]);
    }
    return all[position * 5 + label] - Math.log(total);
  }

  @Test
  void crossEntropySumsAndCounts() {
    Loss all = Losses.crossEntropy(LOGITS, LABELS);
    double expected = 0;
    for (int i = 0; i < 6; i++) {
      expected -= logProb(i);
    }
    assertEquals(expected, all.sum().item(), 1e-5);
    assertEquals(6, all.weight().item());
    Loss marked = Losses.crossEntropy(LOGITS, LABELS, MASK);
    assertEquals(-logProb(0) - logProb(2) - logProb(5), marked.sum().item(), 1e-5);
    assertEquals(3, marked.weight().item());
  }

  @Test
  void whatIsNotMarkedHasExactlyZeroGradient() {
    float[] gradient =
        Grad.valueAndGrad(logits -> Losses.crossEntropy(logits, LABELS, MASK), LOGITS)
            .grad()
            .toFloats();
    boolean[] mask = MASK.toBooleans();
    for (int i = 0; i < gradient.length; i++) {
      assertEquals(mask[i / 5], gradient[i] != 0, "element " + i);
    }
    float[] none = Tensor.zeros(2, 3).toFloats();
    Loss nothing = Losses.crossEntropy(LOGITS, LABELS, Tensor.of(none, 2, 3));
    assertEquals(0, nothing.sum().item());
    assertEquals(0, nothing.weight().item());
  }

  @Test
  void smoothedLabelsSpreadTheirShareEvenly() {
    double[] all = LOGITS.toDoubles();
    double expected = 0;
    for (int position : new int[] {0, 2, 5}) {
      for (int v = 0; v < 5; v++) {
        double share = 0.3 / 5 + (v == LABELS.toInts()[position] ? 0.7 : 0);
        expected += share * (logSumExp(position) - all[position * 5 + v]);
      }
    }
    Loss smoothed = Losses.smoothedCrossEntropy(LOGITS, LABELS, MASK, 0.3);
    assertEquals(expected, smoothed.sum().item(), 1e-5);
    assertEquals(3, smoothed.weight().item());
    assertEquals(
        Losses.crossEntropy(LOGITS, LABELS, MASK).sum().item(),
        Losses.smoothedCrossEntropy(LOGITS, LABELS, MASK, 0).sum().item());
    assertThrows(
        IllegalArgumentException.class,
        () -> Losses.smoothedCrossEntropy(LOGITS, LABELS, MASK, 1.1));
  }

  @Test
  void zLossIsTheSquareOfTheLogDenominator() {
    double expected = 0;
    for (int position : new int[] {0, 2, 5}) {
      expected += logSumExp(position) * logSumExp(position);
    }
    Loss loss = Losses.zLoss(LOGITS, MASK);
    assertEquals(expected, loss.sum().item(), 1e-4);
    assertEquals(3, loss.weight().item());
    float[] slope = Grad.valueAndGrad(x -> Losses.zLoss(x, MASK), LOGITS).grad().toFloats();
    for (int position = 0; position < 6; position++) {
      double sum = 0;
      for (int v = 0; v < 5; v++) {
        sum += slope[position * 5 + v];
      }
      boolean marked = MASK.toBooleans()[position];
      assertEquals(marked ? 2 * logSumExp(position) / 3 : 0, sum, 1e-5);
    }
  }

  private static double logSumExp(int position) {
    return LOGITS.toDoubles()[position * 5 + LABELS.toInts()[position]] - logProb(position);
  }

  @Test
  void nothingThatIsMaskedCanSpoilASum() {
    Tensor x = Tensor.of(new float[] {1, Float.NaN, 3, Float.NEGATIVE_INFINITY}, 2, 2);
    Tensor mask = Tensor.of(new boolean[] {true, false, true, false}, 2, 2);
    assertArrayEquals(new float[] {1, 3}, LogProbs.sum(x, mask).toFloats());
    assertArrayEquals(new float[] {1, 3}, LogProbs.mean(x, mask.cast(DType.F32)).toFloats());
  }

  @Test
  void nextTokenShiftsTheLabels() {
    Tensor everything = Tensor.ones(2, 3);
    Loss shifted = Losses.nextToken(LOGITS, LABELS, everything);
    assertEquals(4, shifted.weight().item());
    float[] logProbs = LogProbs.ofNext(LOGITS, LABELS).toFloats();
    double sum = 0;
    for (float logProb : logProbs) {
      sum -= logProb;
    }
    assertEquals(4, logProbs.length);
    assertEquals(sum, shifted.sum().item(), 1e-5);
    // Element (0, 0) predicts the token at position 1.
    Tensor row = LOGITS.slice(1, 0, 1).slice(0, 0, 1).reshape(1, 5);
    assertEquals(LogProbs.of(row, Tensor.of(4)).item(), logProbs[0]);
  }

  @Test
  void sumsAndMeansOfASequence() {
    Tensor logProbs = Tensor.of(new float[] {-1, -2, -3, -4, -5, -6}, 2, 3);
    Tensor mask = Tensor.of(new boolean[] {true, true, false, false, false, false}, 2, 3);
    assertArrayEquals(new float[] {-3, 0}, LogProbs.sum(logProbs, mask).toFloats());
    assertArrayEquals(new float[] {-1.5f, 0}, LogProbs.mean(logProbs, mask).toFloats());
    assertEquals(Math.log(7), LogProbs.entropy(Tensor.zeros(1, 7)).item(), 1e-6);
  }

  @Test
  void squaredErrorAndBinaryCrossEntropy() {
    Tensor a = Tensor.of(1f, 2, -1);
    Tensor b = Tensor.of(0f, 4, -1);
    assertEquals(5, Losses.meanSquaredError(a, b).sum().item());
    assertEquals(3, Losses.meanSquaredError(a, b).weight().item());
    Tensor first = Tensor.of(true, false, false);
    assertEquals(1, Losses.meanSquaredError(a, b, first).value());
    Tensor logits = Tensor.of(2f, -3, 90);
    Tensor labels = Tensor.of(1f, 1, 0.5f);
    double expected = Math.log1p(Math.exp(-2)) + 3 + Math.log1p(Math.exp(-3)) + 45;
    assertEquals(expected, Losses.binaryCrossEntropy(logits, labels).sum().item(), 1e-4);
  }

  @Test
  void shapesMustBeEqual() {
    Tensor two = Tensor.zeros(2);
    Tensor column = Tensor.zeros(2, 1);
    refused(() -> Losses.meanSquaredError(two, column), "[2]", "[2, 1]");
    refused(() -> Losses.binaryCrossEntropy(column, two), "[2, 1]", "[2]");
    refused(() -> Losses.crossEntropy(LOGITS, LABELS, two), "[2, 3]", "[2]");
    refused(() -> Losses.crossEntropy(LOGITS, two), "[2, 3, 5]", "[2]");
    refused(() -> Losses.mean(column, two), "[2, 1]", "[2]");
    refused(() -> LogProbs.sum(column, two), "[2, 1]", "[2]");
  }

  private static void refused(Executable loss, String a, String b) {
    String message = assertThrows(IllegalArgumentException.class, loss).getMessage();
    assertTrue(message.contains(a) && message.contains(b), message);
  }

  @Property(tries = 15)
  void microBatchesGiveTheGradientOfTheBatch(
      @ForAll @IntRange(min = 1, max = 5) int cut, @ForAll @IntRange(max = 999) int seed) {
    Device.of("reference").with(() -> microBatches(cut, seed));
  }

  private static boolean microBatches(int cut, int seed) {
    Gpt drawn = Gpt.init(GptConfig.gpt2(1, 2, 8, 12, 11), Rng.of(seed));
    Gpt model = Tree.map(drawn, leaf -> leaf.cast(DType.F64));
    Tensor ids = Rng.of(seed).fold(1).integers(0, 11, Shape.of(6, 9));
    Tensor mask = Rng.of(seed).fold(2).bernoulli(0.6, Shape.of(6, 9));
    Step<Gpt> whole = step(model, ids, mask, 0, 6);
    Step<Gpt> parts = step(model, ids, mask, 0, cut).plus(step(model, ids, mask, cut, 6));
    assertEquals(whole.value(), parts.value(), 1e-12);
    double[] size = {0};
    Tree.zip(
        whole.grad(),
        parts.grad(),
        (a, b) -> {
          size[0] = Math.max(size[0], a.sub(b).abs().max().item());
          return a;
        });
    assertEquals(0, size[0], 1e-13);
    return true;
  }

  private static Step<Gpt> step(Gpt model, Tensor ids, Tensor mask, int from, int to) {
    Tensor rows = ids.slice(0, from, to);
    Tensor marks = mask.slice(0, from, to);
    return Grad.valueAndGrad(m -> Losses.nextToken(m.logits(rows), rows, marks), model);
  }

  @Test
  void overfitsATinyBatch() {
    Gpt model = Gpt.init(GptConfig.llama(2, 2, 1, 16, 24, 12, 11), Rng.of(4));
    Tensor ids = Rng.of(5).integers(0, 11, Shape.of(4, 10));
    Tensor mask = Tensor.ones(4, 10);
    AdamW optimizer = AdamW.of(Schedule.warmupCosine(1e-2, 1e-3, 10, 200));
    Optimizer.State state = optimizer.init(model);
    double[] losses = new double[200];
    for (int i = 0; i < losses.length; i++) {
      Step<Gpt> step = Grad.valueAndGrad(m -> Losses.nextToken(m.logits(ids), ids, mask), model);
      losses[i] = step.value();
      Optimizer.Step<Gpt> next =
          optimizer.step(model, Clip.byGlobalNorm(step.grad(), 1).gradient(), state);
      model = next.model();
      state = next.state();
    }
    assertEquals(Math.log(11), losses[0], 0.1);
    assertTrue(losses[199] < 0.1, Arrays.toString(losses));
    assertEquals(200, state.count());
  }
}
