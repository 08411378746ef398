package telos.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import telos.autograd.Grad;
import telos.autograd.Step;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.Tree;

class LoraTest {
  private static final Lora LORA = new Lora(3, 6, false, 0);
  private static final Gpt GPT = Gpt.init(GptConfig.llama(2, 4, 2, 16, 12, 16, 11), Rng.of(2));
  private static final Tensor IDS =
      Tensor.of(new int[] {1, 5, 3, 7, 2, 2, 9, 10, 0, 4}, Shape.of(2, 5));

  private static Gpt adapted(Lora lora) {
    return lora.adapt(GPT, path -> path.matches(".*(attention|mlp)\\..*|head"), Rng.of(3));
  }

  /// With changes that are not zero.
  private static Gpt trained(Lora lora) {
    Gpt adapted = adapted(lora);
    Predicate<String> own = Lora.trained(adapted);
    return Tree.mapWithPath(
        adapted,
        (path, leaf) -> own.test(path) ? Rng.of(4).fold(path).normal(leaf.shape()).mul(0.3) : leaf);
  }

  @Test
  void atFirstNothingChanges() {
    assertArrayEquals(GPT.logits(IDS).toFloats(), adapted(LORA).logits(IDS).toFloats());
    assertNotEquals(GPT.logits(IDS).sum().item(), trained(LORA).logits(IDS).sum().item());
  }

  @Test
  void theScaleIsAlphaByRankOrItsRoot() {
    assertEquals(2, LORA.scale());
    assertEquals(8 / Math.sqrt(16), new Lora(16, 8, true, 0).scale());
    assertThrows(IllegalArgumentException.class, () -> new Lora(0, 1, false, 0));
    assertThrows(IllegalArgumentException.class, () -> new Lora(1, 1, false, 1));
  }

  /// Changes of some outputs only, against plain sums.
  @Property(tries = 30)
  void aChangeIsAddedToItsOutputs(
      @ForAll @IntRange(min = 1, max = 5) int in,
      @ForAll @IntRange(min = 1, max = 3) int rank,
      @ForAll @IntRange(max = 3) int first,
      @ForAll @IntRange(min = 1, max = 4) int width,
      @ForAll @IntRange(max = 2) int after) {
    Rng key = Rng.of(7);
    int out = first + width + after;
    Tensor x = key.fold(0).normal(Shape.of(2, 3, in));
    Linear base = Linear.init(in, out, key.fold(1));
    Tensor down = key.fold(2).normal(Shape.of(in, rank));
    Tensor up = key.fold(3).normal(Shape.of(rank, width));
    Adapted adapted = Lora.adapted(base, new LowRank(down, up, first, 0.5));
    double[] y = adapted.call(x).toDoubles();
    double[] expected = base.call(x).toDoubles();
    double[] change = x.matMul(down).matMul(up).toDoubles();
    for (int row = 0; row < 6; row++) {
      for (int i = 0; i < width; i++) {
        expected[row * out + first + i] += 0.5 * change[row * width + i];
      }
    }
    assertArrayEquals(expected, y, 1e-5);
    assertArrayEquals(expected, adapted.merged().call(x).toDoubles(), 1e-5);
  }

  @Test
  void mergedIsTheSameFunction() {
    Gpt trained = trained(LORA);
    Gpt merged = Lora.merged(trained);
    assertEquals(Tree.leaves(GPT).keySet(), Tree.leaves(merged).keySet());
    assertArrayEquals(trained.logits(IDS).toFloats(), merged.logits(IDS).toFloats(), 2e-5f);
    assertSame(GPT, Lora.merged(GPT));
  }

  /// An adapter over a model that is adapted already, all of which it leaves as it is.
  @Test
  void stackedAdaptersMergeFromTheInnermost() {
    Gpt inner = trained(LORA);
    Gpt outer =
        Tree.replace(
            inner,
            Projection.class,
            (path, map) ->
                map instanceof Adapted && !path.equals("head")
                    ? new Adapted(map, List.of(change(map, Rng.of(5).fold(path))), Optional.empty())
                    : map);
    assertNotEquals(inner.logits(IDS).sum().item(), outer.logits(IDS).sum().item());
    Gpt merged = Lora.merged(outer);
    assertEquals(Tree.leaves(GPT).keySet(), Tree.leaves(merged).keySet());
    assertArrayEquals(outer.logits(IDS).toFloats(), merged.logits(IDS).toFloats(), 5e-5f);
    Gpt gradient = Grad.grad(m -> m.logits(IDS).sum(), outer);
    Tree.leaves(gradient)
        .forEach((path, leaf) -> assertTrue(leaf.isAbsent() || !path.contains(".base."), path));
  }

  private static LowRank change(Projection map, Rng key) {
    return new LowRank(
        key.fold(0).normal(Shape.of(map.in(), 2)).mul(0.3),
        key.fold(1).normal(Shape.of(2, map.out())).mul(0.3),
        0,
        0.5);
  }

  @Test
  void narrowWeightsCannotTakeAChange() {
    Projection base = Linear.of(Tensor.ones(4, 3));
    for (Projection narrow : List.of(Quantize.bf16(base), Quantize.int8(base))) {
      Adapted adapted = Lora.adapted(narrow, change(narrow, Rng.of(1)));
      var refusal = assertThrows(IllegalArgumentException.class, adapted::merged);
      assertTrue(refusal.getMessage().contains("load the model with its full weights"));
    }
  }

  @Test
  void onlyAdaptersLearn() {
    Gpt adapted = trained(LORA);
    Predicate<String> own = Lora.trained(adapted);
    Step<Gpt> step =
        Grad.valueAndGrad(
            m -> Losses.nextToken(m.logits(IDS), IDS, Tensor.ones(2, 5)), adapted, own);
    Map<String, Tensor> gradients = Tree.leaves(step.grad());
    Set<String> learning =
        gradients.entrySet().stream()
            .filter(leaf -> !leaf.getValue().isAbsent())
            .map(Map.Entry::getKey)
            .collect(Collectors.toSet());
    assertEquals(2 * (2 * 5 + 1), learning.size());
    assertTrue(learning.stream().allMatch(path -> path.matches(".*\\.adapters\\.0\\.(down|up)")));
    AdamW adam = AdamW.of(0.1);
    Gpt next = adam.step(adapted, step.grad(), adam.init(adapted, own)).model();
    Tree.leaves(adapted)
        .forEach((path, leaf) ->
            assertEquals(own.test(path), leaf != Tree.leaves(next).get(path), path));
  }

  /// A layer is frozen by a pattern over its path.
  @Test
  void layersAreFrozenByPath() {
    Predicate<String> moves = path -> !path.matches("tokens\\..*|blocks\\.0\\..*");
    Step<Gpt> step =
        Grad.valueAndGrad(m -> Losses.nextToken(m.logits(IDS), IDS, Tensor.ones(2, 5)), GPT, moves);
    Tree.leaves(step.grad())
        .forEach((path, g) ->
            assertEquals(moves.test(path) && !path.startsWith("rotary"), !g.isAbsent(), path));
  }

  @Test
  void noiseDropsInputsOfTheChangeOnly() {
    Linear base = Linear.of(Tensor.zeros(400, 1));
    LowRank sum = new LowRank(Tensor.ones(400, 1), Tensor.ones(1, 1), 0, 1);
    Adapted adapted = Lora.adapted(base, sum);
    Tensor x = Tensor.ones(1, 400);
    assertEquals(400, adapted.call(x).item());
    double noisy = Lora.noisy(adapted, 0.25, Rng.of(1)).call(x).item();
    assertEquals(400, noisy, 60);
    assertNotEquals(400, noisy);
    assertEquals(noisy, Lora.noisy(adapted, 0.25, Rng.of(1)).call(x).item());
    assertNotEquals(noisy, Lora.noisy(adapted, 0.25, Rng.of(2)).call(x).item());
    assertSame(adapted, Lora.noisy(adapted, 0, Rng.of(1)));
    Step<Adapted> step =
        Grad.valueAndGrad(m -> Losses.mean(Lora.noisy(m, 0.25, Rng.of(1)).call(x)), adapted);
    assertEquals(
        noisy * 0.75,
        step.grad().adapters().getFirst().down().ne(0).cast(x.dtype()).sum().item(),
        1e-2);
  }

  @Test
  void whatDoesNotFitIsRefused() {
    Linear base = Linear.of(Tensor.zeros(4, 6));
    LowRank late = new LowRank(Tensor.zeros(4, 2), Tensor.zeros(2, 3), 4, 1);
    var refused = assertThrows(IllegalArgumentException.class, () -> Lora.adapted(base, late));
    assertTrue(refused.getMessage().contains("[4, 6]"), refused.getMessage());
    assertThrows(
        IllegalArgumentException.class,
        () -> new LowRank(Tensor.zeros(4, 2), Tensor.zeros(3, 3), 0, 1));
  }
}
