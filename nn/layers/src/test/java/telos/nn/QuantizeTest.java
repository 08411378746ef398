package telos.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import telos.autograd.Grad;
import telos.tensor.DType;
import telos.tensor.Device;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.Tree;

class QuantizeTest {
  static Stream<Arguments> quantised() {
    Gpt gpt2 = Models.lively(Models.gpt2(), 7);
    Gpt llama = Models.lively(Models.llama(), 8);
    return Stream.of(
        Arguments.of("gpt2 int8", gpt2, Quantize.int8(gpt2)),
        Arguments.of("gpt2 bf16", gpt2, Quantize.bf16(gpt2)),
        Arguments.of("llama int8", llama, Quantize.int8(llama)),
        Arguments.of("llama bf16", llama, Quantize.bf16(llama)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("quantised")
  void generationHasTheBitsOfTheForwardPass(String name, Gpt original, Gpt model) {
    int[][] prompts = {Models.tokens(1, 3), Models.tokens(2, 61), Models.tokens(3, 1)};
    List<Completion> written =
        Generator.generate(model, prompts, Sampling.of(70), Generator.keys(Rng.of(9), 3, 1));
    for (int b = 0; b < prompts.length; b++) {
      Tensor ids = Models.ids(written.get(b).after(prompts[b]));
      float[] all = LogProbs.ofNext(model.logits(ids), ids).toFloats();
      float[] expected = Arrays.copyOfRange(all, prompts[b].length - 1, all.length);
      assertArrayEquals(expected, written.get(b).logProbs(), "prompt " + b);
      List<Completion> alone =
          Generator.generate(
              model,
              new int[][] {prompts[b]},
              Sampling.of(70),
              List.of(Generator.keys(Rng.of(9), 3, 1).get(b)));
      assertEquals(written.get(b), alone.getFirst(), "alone, prompt " + b);
    }
  }

  /// A wrong scale or a wrong table gives an error as large as the logits.
  @ParameterizedTest(name = "{0}")
  @MethodSource("quantised")
  void logitsStayNearTheOriginalsAndAreThoseOfTheWidenedModel(
      String name, Gpt original, Gpt model) {
    Tensor ids = Models.ids(Models.tokens(4, 50));
    double size = original.logits(ids).square().mean().item();
    double error = model.logits(ids).sub(original.logits(ids)).square().mean().item();
    assertTrue(error > 0 && error < 2e-3 * size, error + " of " + size);
    Gpt widened = Quantize.f32(model);
    assertEquals(Tree.count(original), Tree.count(widened));
    double off = model.logits(ids).sub(widened.logits(ids)).square().mean().item();
    assertTrue(off < 1e-10 * size, off + " of " + size);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("quantised")
  void theReferenceDeviceAgrees(String name, Gpt original, Gpt model) {
    int[] tokens = Models.tokens(5, 9);
    float[] here = model.logits(Models.ids(tokens)).toFloats();
    Device reference = Device.of("reference");
    float[] there =
        reference.with(() -> {
          Gpt moved = Tree.map(model, leaf -> leaf.to(reference));
          return moved.logits(Models.ids(tokens)).toFloats();
        });
    assertArrayEquals(there, here, 2e-4f);
  }

  @Property(tries = 100)
  void eachWeightIsTheNearestMultipleOfItsColumnsScale(
      @ForAll @IntRange(min = 1, max = 20) int in,
      @ForAll @IntRange(min = 1, max = 20) int out,
      @ForAll @IntRange(min = -30, max = 30) int exponent,
      @ForAll long seed) {
    Tensor weight = Rng.of(seed).normal(Shape.of(in, out)).mul(Math.pow(2, exponent));
    Int8Linear layer = (Int8Linear) Quantize.<Projection>int8(Linear.of(weight));
    float[] w = weight.toFloats();
    float[] q = layer.weight().cast(DType.F32).toFloats();
    float[] scale = layer.scale().toFloats();
    for (int j = 0; j < out; j++) {
      float largest = 0;
      boolean full = false;
      for (int i = 0; i < in; i++) {
        largest = Math.max(largest, Math.abs(w[i * out + j]));
        full |= Math.abs(q[i * out + j]) == 127;
        double ideal = Math.rint((double) (w[i * out + j] / scale[j]));
        assertEquals(ideal + 0.0, q[i * out + j], "weight " + i + ", " + j);
      }
      assertEquals(largest / 127, scale[j]);
      assertTrue(full, "column " + j + " does not use its range");
    }
  }

  @Test
  void aColumnOfZerosStaysZeroAndWhatIsNotFiniteIsRefused() {
    Tensor zeros = Tensor.of(new float[] {0, 1, 0, -1}, 2, 2);
    Projection layer = Quantize.<Projection>int8(Linear.of(zeros));
    assertArrayEquals(new float[] {0, -1}, layer.call(Tensor.of(0f, 1)).toFloats(), 1e-6f);
    Tensor broken = Tensor.of(new float[] {1, Float.POSITIVE_INFINITY}, 1, 2);
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> Quantize.int8(new Mlp(List.of(Linear.of(broken)), Activation.RELU)));
    assertTrue(refused.getMessage().contains("'layers.0'"), refused.getMessage());
    assertThrows(
        IllegalArgumentException.class,
        () -> Quantize.<Projection>int8(Linear.of(Tensor.zeros(2, 3, 4))));
  }

  @Test
  void whatIsQuantisedAlreadyOrNoMatrixStays() {
    Gpt model = Models.lively(Models.gpt2(), 1);
    Gpt once = Quantize.int8(model);
    assertSame(once, Quantize.int8(once));
    assertSame(model.positions(), once.positions());
    assertSame(model.norm(), once.norm());
    assertEquals(DType.I8, once.tokens().weight().dtype());
    assertTrue(once.blocks().getFirst().attention().qkv() instanceof Int8Linear);
    assertEquals(DType.BF16, Quantize.bf16(model).tokens().weight().dtype());
  }

  /// Weights have no gradient; what flows through them is that of the widened model.
  @ParameterizedTest(name = "{0}")
  @MethodSource("quantised")
  void gradientsFlowThrough(String name, Gpt original, Gpt model) {
    Tensor ids = Models.ids(Models.tokens(6, 30));
    UnaryOperator<Gpt> gradient =
        m -> Grad.grad(g -> Losses.nextToken(g.logits(ids), ids, ids.le(99)).sum(), m);
    Gpt through = gradient.apply(model);
    Gpt expected = gradient.apply(Quantize.f32(model));
    assertTrue(through.tokens().weight().isAbsent());
    Tensor norm =
        through.blocks().getFirst().attentionNorm() instanceof LayerNorm layer
            ? layer.gain()
            : ((RmsNorm) through.blocks().getFirst().attentionNorm()).gain();
    Tensor wanted =
        expected.blocks().getFirst().attentionNorm() instanceof LayerNorm layer
            ? layer.gain()
            : ((RmsNorm) expected.blocks().getFirst().attentionNorm()).gain();
    assertFalse(norm.isAbsent());
    float tolerance = (float) (1e-4 * wanted.abs().max().item());
    assertArrayEquals(wanted.toFloats(), norm.toFloats(), tolerance);
  }
}
