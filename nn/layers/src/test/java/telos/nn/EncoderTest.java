package telos.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static telos.nn.PyTorch.wave;

import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import telos.autograd.Grad;
import telos.autograd.GradCheck;
import telos.tensor.Device;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.Tree;

class EncoderTest {
  private static final Init LIVELY = Init.normal(0.5);

  @Test
  void attendsAsPyTorch() {
    Tensor x = wave(7, 2, 4, 8);
    PyTorch.requireEqual("self", attention(8, 8, 2).call(x, x, Tensor.of(4, 2)));
    Tensor memory = wave(8, 2, 5, 6);
    PyTorch.requireEqual(
        "cross", attention(8, 6, 4).call(wave(7, 2, 3, 8), memory, Tensor.of(2, 5)));
  }

  private static MultiHeadAttention attention(int width, int memory, int heads) {
    return new MultiHeadAttention(
        PyTorch.waves(1, 4, width, width),
        PyTorch.waves(2, 4 + width, memory, width),
        PyTorch.waves(3, 4 + 2 * width, memory, width),
        PyTorch.waves(5, 6, width, width),
        heads,
        heads);
  }

  /// K key heads are H key heads of which those of a group are equal.
  @Test
  void keyHeadsAreShared() {
    Tensor x = Rng.of(1).normal(Shape.of(2, 5, 8));
    Tensor lengths = Tensor.of(5, 3);
    MultiHeadAttention full = MultiHeadAttention.init(8, 8, 4, LIVELY, Rng.of(2));
    Linear key = Linear.init(8, 4, true, LIVELY, Rng.of(3));
    Linear value = Linear.init(8, 4, true, LIVELY, Rng.of(4));
    var shared = new MultiHeadAttention(full.query(), key, value, full.out(), 4, 2);
    var repeated = new MultiHeadAttention(full.query(), twice(key), twice(value), full.out(), 4, 4);
    assertArrayEquals(
        repeated.call(x, x, lengths).toFloats(), shared.call(x, x, lengths).toFloats());
    assertThrows(
        IllegalArgumentException.class,
        () -> new MultiHeadAttention(full.query(), key, value, full.out(), 4, 3));
  }

  /// Each of the two heads of width 2 twice.
  private static Linear twice(Linear map) {
    Tensor order = Tensor.of(0, 1, 0, 1, 2, 3, 2, 3);
    return Linear.of(map.weight().gather(1, order), map.bias().orElseThrow().gather(0, order));
  }

  /// A row of an encoder, alone and unpadded, against itself in a batch whose padding holds other
  /// tokens; the gradient by a row's own embeddings too.
  @Property(tries = 6)
  void neitherBatchNorPaddingChangesARow(
      @ForAll @Size(min = 1, max = 3) List<@IntRange(min = 1, max = 40) Integer> lengths,
      @ForAll @IntRange(max = 280) int padding,
      @ForAll @IntRange(max = 1000) int seed) {
    int longest = lengths.stream().mapToInt(n -> n).max().orElseThrow() + padding;
    SentenceEncoder model = model(seed, longest, Pooling.MEAN);
    Tensor ids = Rng.of(seed).fold(1).integers(0, 30, Shape.of(lengths.size(), longest));
    Tensor valid = Tensor.of(lengths.stream().mapToInt(n -> n).toArray());
    Tensor joined = model.call(ids, valid);
    for (int b = 0; b < lengths.size(); b++) {
      int length = lengths.get(b);
      Tensor alone = model.call(ids.slice(0, b, b + 1).slice(1, 0, length), Tensor.of(length));
      assertArrayEquals(alone.toFloats(), joined.at(0, b).toFloats(), "row " + b);
    }
  }

  private static SentenceEncoder model(int seed, int context, Pooling pooling) {
    EncoderConfig config =
        new EncoderConfig(1, 2, 12, 20, context, 30, 2, Activation.GELU_ERF, 1e-12, false);
    Encoder encoder = Encoder.init(config, Rng.of(seed));
    return new SentenceEncoder(
        Tree.map(encoder, leaf -> leaf.rank() < 2 ? leaf : leaf.mul(20)), pooling, true);
  }

  @Test
  void paddingMayHoldAnything() {
    MultiHeadAttention attention = MultiHeadAttention.init(8, 6, 2, LIVELY, Rng.of(1));
    Tensor x = Rng.of(2).normal(Shape.of(1, 3, 8));
    Tensor memory = Rng.of(3).normal(Shape.of(1, 4, 6));
    Tensor broken = Tensor.full(Double.NaN, memory.dtype(), Shape.of(1, 2, 6));
    Tensor padded = Tensor.concat(1, List.of(memory, broken));
    assertArrayEquals(
        attention.call(x, memory, Tensor.of(4)).toFloats(),
        attention.call(x, padded, Tensor.of(4)).toFloats());
    assertArrayEquals(gradient(attention, x, memory), gradient(attention, x, padded));
    assertThrows(IllegalArgumentException.class, () -> attention.call(x, memory, Tensor.of(5)));
    assertThrows(IllegalArgumentException.class, () -> attention.call(x, memory, Tensor.of(0)));
  }

  private static float[] gradient(MultiHeadAttention attention, Tensor x, Tensor memory) {
    MultiHeadAttention gradient =
        Grad.grad(a -> a.call(x, memory, Tensor.of(4)).square().sum(), attention);
    return Tensor.concat(
            0, Tree.leaves(gradient).values().stream().map(g -> g.reshape(g.size())).toList())
        .toFloats();
  }

  @Test
  void weightsAreADistributionOverTheRow() {
    MultiHeadAttention attention = MultiHeadAttention.init(8, 8, 2, LIVELY, Rng.of(1));
    Tensor x = Rng.of(2).normal(Shape.of(2, 4, 8));
    Tensor weights = attention.weights(x, x, Tensor.of(4, 2));
    assertEquals(Shape.of(2, 2, 4, 4), weights.shape());
    for (float sum : weights.sum(-1).toFloats()) {
      assertEquals(1, sum, 1e-6);
    }
    assertEquals(0, weights.at(0, 1).slice(-1, 2, 4).max().item());
  }

  @Test
  void derivatives() {
    record Point(MultiHeadAttention attention, Tensor x, Tensor memory, Tensor lengths) {}
    Point point =
        new Point(
            new MultiHeadAttention(
                Linear.init(3, 4, true, LIVELY, Rng.of(1)),
                Linear.init(2, 2, true, LIVELY, Rng.of(2)),
                Linear.init(2, 2, true, LIVELY, Rng.of(3)),
                Linear.init(4, 3, true, LIVELY, Rng.of(4)),
                2,
                1),
            Rng.of(5).normal(Shape.of(2, 2, 3)),
            Rng.of(6).normal(Shape.of(2, 3, 2)),
            Tensor.of(3, 2));
    GradCheck.STANDARD.<Point>require(
        "attention", p -> p.attention().call(p.x(), p.memory(), p.lengths()), point);
    Device.of("reference")
        .with(() -> {
          Tensor ids = Rng.of(1).integers(0, 30, Shape.of(2, 5));
          GradCheck.STANDARD
              .withOrders(1)
              .<SentenceEncoder>require(
                  "sentence encoder", m -> m.call(ids, Tensor.of(5, 3)), model(3, 6, Pooling.MEAN));
          return null;
        });
  }

  /// By the formula, its parts called one by one; padding changes nothing there either.
  @Test
  void preNormBlocksNormaliseWhatTheyRead() {
    EncoderConfig config = EncoderConfig.bert(2, 2, 8, 6, 30).preNormed();
    Encoder encoder =
        Tree.map(Encoder.init(config, Rng.of(4)), leaf -> leaf.rank() < 2 ? leaf : leaf.mul(20));
    Tensor ids = Rng.of(5).integers(0, 30, Shape.of(2, 6));
    Tensor lengths = Tensor.of(6, 4);
    Tensor x =
        encoder
            .tokens()
            .call(ids)
            .add(encoder.types().call(ids.zerosLike()))
            .add(encoder.positions().weight().unsqueeze(0));
    for (EncoderBlock block : encoder.blocks()) {
      Tensor read = block.attentionNorm().call(x);
      x = x.add(block.attention().call(read, read, lengths));
      x = x.add(block.mlp().call(block.mlpNorm().call(x)));
    }
    Tensor hidden = encoder.hidden(ids, lengths);
    assertArrayEquals(encoder.norm().call(x).toFloats(), hidden.toFloats());
    Tensor alone = encoder.hidden(ids.slice(0, 1, 2).slice(1, 0, 4), Tensor.of(4));
    assertArrayEquals(alone.at(0, 0).toFloats(), hidden.at(0, 1).slice(0, 0, 4).toFloats());
  }

  @Test
  void poolsAndSummarises() {
    SentenceEncoder mean = model(1, 6, Pooling.MEAN);
    Tensor ids = Rng.of(2).integers(0, 30, Shape.of(1, 4));
    Tensor hidden = mean.encoder().hidden(ids, Tensor.of(3));
    float[] rows = hidden.toFloats();
    float[] pooled = Pooling.MEAN.call(hidden, Tensor.of(3)).toFloats();
    for (int d = 0; d < 12; d++) {
      assertEquals((rows[d] + rows[12 + d] + rows[24 + d]) / 3, pooled[d], 1e-6);
    }
    assertArrayEquals(Arrays.copyOf(rows, 12), Pooling.CLS.call(hidden, Tensor.of(3)).toFloats());
    assertEquals(1, mean.call(ids, Tensor.of(3)).square().sum().item(), 1e-6);
    Tensor expected = mean.encoder().pooler().orElseThrow().call(hidden.at(1, 0)).tanh();
    assertArrayEquals(expected.toFloats(), mean.encoder().summary(hidden).toFloats());
    var tooLong =
        assertThrows(
            IllegalArgumentException.class,
            () -> mean.call(Tensor.of(new int[7], Shape.of(1, 7)), Tensor.of(7)));
    assertTrue(tooLong.getMessage().contains("at most 6"), tooLong.getMessage());
  }
}
