package telos.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import telos.autograd.Grad;
import telos.autograd.Loss;
import telos.autograd.Step;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.Tree;

/// Packing is a layout: what a document gets in a shared row is what it gets alone.
class DocumentsTest {
  private static final int VOCABULARY = 11;
  private static final List<Gpt> MODELS =
      List.of(
          spread(Gpt.init(GptConfig.gpt2(2, 2, 8, 16, VOCABULARY), Rng.of(1))),
          spread(Gpt.init(GptConfig.llama(2, 4, 2, 16, 12, 16, VOCABULARY), Rng.of(2))));

  /// Far from the small first weights, so that attention is no mean.
  private static Gpt spread(Gpt gpt) {
    return Tree.mapWithPath(gpt, (path, leaf) -> path.contains("rotary") ? leaf : leaf.mul(8));
  }

  private static int[][] documents(List<Integer> lengths) {
    return IntStream.range(0, lengths.size())
        .mapToObj(d -> Rng.of(d).fold("document").integers(0, VOCABULARY, Shape.of(lengths.get(d))))
        .map(Tensor::toInts)
        .toArray(int[][]::new);
  }

  private static Tensor row(int[] ids) {
    return Tensor.of(ids, Shape.of(1, ids.length));
  }

  private static Tensor packed(int[][] documents) {
    return row(Arrays.stream(documents).flatMapToInt(Arrays::stream).toArray());
  }

  private static Documents layout(int[][] documents) {
    return Documents.of(Arrays.stream(documents).mapToInt(d -> d.length).toArray());
  }

  @Property(tries = 30)
  void everyDocumentGetsTheBitsItGetsAlone(
      @ForAll @Size(min = 1, max = 6) List<@IntRange(min = 1, max = 16) Integer> lengths,
      @ForAll @IntRange(max = 1) int which) {
    Gpt gpt = MODELS.get(which);
    int[][] documents = documents(lengths);
    Tensor logits = gpt.logits(packed(documents), layout(documents));
    int start = 0;
    for (int[] document : documents) {
      float[] alone = gpt.logits(row(document)).toFloats();
      assertArrayEquals(alone, logits.slice(1, start, start + document.length).toFloats());
      start += document.length;
    }
  }

  @Property(tries = 10)
  void lossAndGradientAreThoseOfTheDocumentsAlone(
      @ForAll @Size(min = 2, max = 5) List<@IntRange(min = 2, max = 16) Integer> lengths,
      @ForAll @IntRange(max = 1) int which) {
    Gpt gpt = MODELS.get(which);
    int[][] documents = documents(lengths);
    Documents layout = layout(documents);
    Tensor targets = row(packed(documents).reshape(layout.order().size()).flip(0).toInts());
    Tensor mask = targets.gt(2);
    Step<Gpt> together =
        Grad.valueAndGrad(
            m -> Losses.crossEntropy(m.logits(packed(documents), layout), targets, mask), gpt);
    int[] starts = starts(documents);
    Step<Gpt> alone =
        Grad.valueAndGrad(
            m ->
                IntStream.range(0, documents.length)
                    .mapToObj(d ->
                        Losses.crossEntropy(
                            m.logits(row(documents[d])),
                            targets.slice(1, starts[d], starts[d + 1]),
                            mask.slice(1, starts[d], starts[d + 1])))
                    .reduce(Loss::plus)
                    .orElseThrow(),
            gpt);
    assertEquals(alone.value(), together.value(), 1e-6 * (1 + alone.value()));
    Tree.zip(
        alone.grad(),
        together.grad(),
        (a, b) -> {
          assertEquals(0, a.sub(b).abs().max().item(), 1e-5 * (1 + a.abs().max().item()));
          return a;
        });
  }

  private static int[] starts(int[][] documents) {
    int[] starts = new int[documents.length + 1];
    for (int d = 0; d < documents.length; d++) {
      starts[d + 1] = starts[d] + documents[d].length;
    }
    return starts;
  }

  @Test
  void similarLengthsShareAGroup() {
    Documents documents = Documents.of(3, 9, 4, 6, 10, 1);
    assertEquals(
        List.of(Shape.of(1, 1), Shape.of(3, 6), Shape.of(2, 10)),
        documents.groups().stream().map(Tensor::shape).toList());
    assertEquals(10, documents.longest());
    assertArrayEquals(
        new int[] {0, 1, 2, 0, 1, 2, 3, 4}, Arrays.copyOf(documents.positions().toInts(), 8));
    assertArrayEquals(new int[] {32}, documents.groups().getFirst().toInts());
  }

  @Test
  void whatDoesNotFitIsRefused() {
    assertThrows(IllegalArgumentException.class, Documents::of);
    assertThrows(IllegalArgumentException.class, () -> Documents.of(3, 0));
    Gpt gpt = MODELS.getFirst();
    Tensor ids = row(new int[20]);
    var longer =
        assertThrows(IllegalArgumentException.class, () -> gpt.logits(ids, Documents.of(17, 3)));
    assertTrue(longer.getMessage().contains("the longest of 17"), longer.getMessage());
    assertThrows(IllegalArgumentException.class, () -> gpt.logits(ids, Documents.of(9, 10)));
    assertEquals(Shape.of(1, 20, 11), gpt.logits(ids, Documents.of(16, 4)).shape());
  }

  /// Dynamic scaling turns each length in its own way, so long documents cannot share a table.
  @Test
  void documentsOfDynamicScalingStayWithinTheTrainedLength() {
    GptConfig plain = GptConfig.llama(1, 2, 1, 8, 12, 16, VOCABULARY);
    GptConfig config =
        new GptConfig(
            plain.layers(),
            plain.width(),
            plain.context(),
            plain.vocabulary(),
            plain.attention(),
            plain.feedForward(),
            plain.normalisation(),
            plain.eps(),
            new GptConfig.Rotary(10_000, Optional.of(new RotaryScaling.Dynamic(2, 8))),
            false);
    Gpt gpt = Gpt.init(config, Rng.of(1));
    int[][] documents = documents(List.of(8, 3));
    assertArrayEquals(
        gpt.logits(row(documents[0])).toFloats(),
        gpt.logits(packed(documents), layout(documents)).slice(1, 0, 8).toFloats());
    var refused =
        assertThrows(
            IllegalArgumentException.class, () -> gpt.logits(row(new int[12]), Documents.of(9, 3)));
    assertTrue(refused.getMessage().contains("dynamic"), refused.getMessage());
  }
}
