package telos.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import telos.tensor.Device;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.Tree;

class GptTest {
  private static final int V = Models.VOCABULARY;
  private static final List<Gpt> MODELS =
      List.of(Models.lively(Models.gpt2(), 1), Models.lively(Models.llama(), 2));

  @Property(tries = 25)
  void aTokenChangesNothingBeforeIt(
      @ForAll @IntRange(min = 2, max = 80) int length, @ForAll @IntRange(max = 999) int seed) {
    int at = Rng.of(seed).integer(length);
    int[] ids = Models.tokens(seed, length);
    int[] changed = ids.clone();
    changed[at] = (ids[at] + 1) % V;
    for (Gpt model : MODELS) {
      float[] before = model.logits(Models.ids(ids)).toFloats();
      float[] after = model.logits(Models.ids(changed)).toFloats();
      assertArrayEquals(Arrays.copyOf(before, at * V), Arrays.copyOf(after, at * V));
      float[] own = Arrays.copyOfRange(before, at * V, (at + 1) * V);
      assertFalse(Arrays.equals(own, Arrays.copyOfRange(after, at * V, (at + 1) * V)));
    }
  }

  @Property(tries = 25)
  void paddingAndBatchDoNotChangeASample(
      @ForAll @IntRange(min = 1, max = 70) int length,
      @ForAll @IntRange(min = 0, max = 70) int padding,
      @ForAll @IntRange(min = 1, max = 6) int batch,
      @ForAll @IntRange(max = 999) int seed) {
    int[] sample = Models.tokens(seed, length);
    int[][] rows = new int[batch][];
    Arrays.setAll(rows, b -> Models.tokens(seed + 1 + b, length + padding));
    int place = seed % batch;
    rows[place] = sample;
    for (Gpt model : MODELS) {
      float[] alone = model.logits(Models.ids(sample)).toFloats();
      Tensor together = model.logits(Rows.pad(rows, seed % V));
      assertArrayEquals(alone, Models.row(together, place, length * V));
    }
  }

  @Test
  void theTwoDevicesAgree() {
    int[] ids = Models.tokens(3, 20);
    for (Gpt model : MODELS) {
      Device reference = Device.of("reference");
      Gpt moved = Tree.map(model, leaf -> leaf.to(reference));
      float[] expected = reference.with(() -> moved.logits(Models.ids(ids))).toFloats();
      assertArrayEquals(expected, model.logits(Models.ids(ids)).toFloats(), 2e-4f);
    }
  }

  @Test
  void hiddenStatesAreTheResidualStream() {
    Tensor ids = Models.ids(Models.tokens(1, 9), Models.tokens(2, 9));
    for (Gpt model : MODELS) {
      List<Tensor> states = model.hiddenStates(ids);
      assertEquals(model.config().layers() + 1, states.size());
      for (int layer = 0; layer < states.size(); layer++) {
        assertEquals(Shape.of(2, 9, 32), states.get(layer).shape());
        assertArrayEquals(model.hidden(ids, layer).toFloats(), states.get(layer).toFloats());
      }
      Tensor last = model.norm().call(states.getLast());
      assertArrayEquals(model.hidden(ids).toFloats(), last.toFloats());
      assertArrayEquals(model.logits(ids).toFloats(), model.unembed(last).toFloats());
      assertThrows(IllegalArgumentException.class, () -> model.hidden(ids, 3));
    }
  }

  @Test
  void attentionMapsAreCausalDistributions() {
    Tensor ids = Models.ids(Models.tokens(1, 7));
    for (Gpt model : MODELS) {
      List<Tensor> maps = model.attentionMaps(ids);
      assertEquals(2, maps.size());
      for (Tensor map : maps) {
        assertEquals(Shape.of(1, 4, 7, 7), map.shape());
        float[] sums = map.sum(-1).toFloats();
        for (float sum : sums) {
          assertEquals(1, sum, 1e-5);
        }
        assertEquals(0, map.at(2, 0).slice(2, 1, 7).abs().max().item());
        assertTrue(map.at(2, 6).min().item() > 0);
      }
    }
  }

  @Test
  void namesOfParameters() {
    List<String> gpt2 = List.copyOf(Tree.leaves(MODELS.get(0)).keySet());
    assertEquals(
        List.of(
            "tokens.weight",
            "positions.weight",
            "blocks.0.attentionNorm.gain",
            "blocks.0.attentionNorm.bias",
            "blocks.0.attention.qkv.weight",
            "blocks.0.attention.qkv.bias",
            "blocks.0.attention.out.weight",
            "blocks.0.attention.out.bias",
            "blocks.0.mlpNorm.gain",
            "blocks.0.mlpNorm.bias",
            "blocks.0.mlp.layers.0.weight",
            "blocks.0.mlp.layers.0.bias",
            "blocks.0.mlp.layers.1.weight",
            "blocks.0.mlp.layers.1.bias"),
        gpt2.subList(0, 14));
    assertEquals(List.of("norm.gain", "norm.bias"), gpt2.subList(26, 28));
    assertTrue(
        Tree.leaves(MODELS.get(1))
            .keySet()
            .containsAll(List.of("rotary.cos", "blocks.1.mlp.gate.weight", "head.weight")));
  }

  @Test
  void countsOfParameters() {
    int width = 64;
    GptConfig config = GptConfig.gpt2(2, 4, width, 24, 64);
    long block = 12L * width * width + 13L * width;
    assertEquals(2 * block + (64L + 24 + 2) * width, Tree.count(Gpt.init(config, Rng.of(1))));
  }

  @Test
  void initialDeviations() {
    Gpt model = Gpt.init(GptConfig.gpt2(8, 4, 128, 32, 64), Rng.of(1));
    assertEquals(0.02, deviation(model.tokens().weight()), 0.001);
    Block block = model.blocks().get(3);
    assertEquals(0.02, deviation(block.attention().qkv()), 0.001);
    assertEquals(0.005, deviation(block.attention().out()), 0.0003);
    assertEquals(0.005, deviation(((Mlp) block.mlp()).layers().get(1)), 0.0003);
  }

  private static double deviation(Projection map) {
    return deviation(((Linear) map).weight());
  }

  private static double deviation(Tensor x) {
    return Math.sqrt(x.square().mean().item());
  }

  @Test
  void groupedHeadsWithAsManyKeysAreMultiHead() {
    // The same keys and values, once repeated for every query head and once shared by a group.
    Gpt grouped = MODELS.get(1);
    CausalAttention shared = grouped.blocks().getFirst().attention();
    int d = shared.headWidth();
    Tensor w = ((Linear) shared.qkv()).weight();
    Tensor keys = repeatHeads(w.slice(1, 4 * d, 6 * d), d);
    Tensor values = repeatHeads(w.slice(1, 6 * d, 8 * d), d);
    Tensor all = Tensor.concat(1, List.of(w.slice(1, 0, 4 * d), keys, values));
    CausalAttention full = new CausalAttention(Linear.of(all), shared.out(), 4, 4);
    Tensor x = Rng.of(1).normal(Shape.of(2, 70, 32));
    Optional<RotaryTable> rotary = grouped.rotary();
    assertArrayEquals(
        full.attend(full.packed(x, rotary)).toFloats(),
        shared.attend(shared.packed(x, rotary)).toFloats());
  }

  /// Columns of two heads, each twice.
  private static Tensor repeatHeads(Tensor w, int d) {
    Tensor first = w.slice(1, 0, d);
    Tensor second = w.slice(1, d, 2 * d);
    return Tensor.concat(1, List.of(first, first, second, second));
  }

  @Property(tries = 20)
  void rotaryScoresDependOnDistanceOnly(
      @ForAll @IntRange(max = 999) int seed, @ForAll @IntRange(min = 1, max = 40) int shift) {
    RotaryTable table = RotaryTable.of(128, 16, GptConfig.Rotary.of(10_000));
    Tensor q = Rng.of(seed).normal(Shape.of(1, 1, 1, 16));
    Tensor k = Rng.of(seed + 1).normal(Shape.of(1, 1, 1, 16));
    assertEquals(score(table, q, k, 30, 11), score(table, q, k, 30 + shift, 11 + shift), 1e-4);
    assertEquals(q.square().sum().item(), turned(table, q, shift).square().sum().item(), 1e-4);
  }

  private static double score(RotaryTable table, Tensor q, Tensor k, int at, int other) {
    return turned(table, q, at).mul(turned(table, k, other)).sum().item();
  }

  private static Tensor turned(RotaryTable table, Tensor x, int position) {
    return table.turnAt(x, 1, Tensor.of(position));
  }

  @Test
  void rotaryRowsTurnAsWholeSequencesDo() {
    RotaryTable table = RotaryTable.of(40, 8, GptConfig.Rotary.of(10_000));
    Tensor x = Rng.of(4).normal(Shape.of(1, 40, 3, 8));
    Tensor whole = table.turn(x, 2);
    Tensor row = table.turnAt(x.slice(1, 33, 34), 2, Tensor.of(33));
    assertArrayEquals(whole.slice(1, 33, 34).toFloats(), row.toFloats());
    assertArrayEquals(x.at(2, 2).toFloats(), whole.at(2, 2).toFloats());
  }

  @Test
  void refusesTooLongOrFlatInput() {
    Gpt model = MODELS.getFirst();
    IllegalArgumentException tooLong =
        assertThrows(
            IllegalArgumentException.class,
            () -> model.logits(Models.ids(new int[Models.CONTEXT + 1])));
    assertTrue(tooLong.getMessage().contains("[1, 161]"), tooLong.getMessage());
    assertThrows(IllegalArgumentException.class, () -> model.logits(Tensor.of(1, 2)));
  }

  @Test
  void configurationsAreChecked() {
    assertThrows(IllegalArgumentException.class, () -> GptConfig.gpt2(2, 3, 32, 8, 8));
    assertThrows(IllegalArgumentException.class, () -> GptConfig.llama(2, 4, 3, 32, 8, 8, 8));
    IllegalArgumentException odd =
        assertThrows(IllegalArgumentException.class, () -> GptConfig.llama(1, 4, 4, 12, 8, 8, 8));
    assertTrue(odd.getMessage().contains("headWidth is 3, must be even"), odd.getMessage());
  }

  @Test
  void theHeadReadsTheLastValidPosition() {
    ValueModel model = new ValueModel(MODELS.get(1), Linear.init(32, 1, Rng.of(8)));
    int[][] rows = {Models.tokens(1, 4), Models.tokens(2, 9), Models.tokens(3, 1)};
    float[] last = model.last(Rows.pad(rows, 0), Rows.lengths(rows)).toFloats();
    float[] otherPadding = model.last(Rows.pad(rows, 5), Rows.lengths(rows)).toFloats();
    assertArrayEquals(last, otherPadding);
    for (int b = 0; b < 3; b++) {
      float[] values = model.values(Models.ids(rows[b])).toFloats();
      assertEquals(rows[b].length, values.length);
      assertEquals(values[values.length - 1], last[b]);
    }
    assertThrows(
        IllegalArgumentException.class, () -> model.last(Rows.pad(rows, 0), Tensor.of(4, 10, 1)));
    assertThrows(
        IllegalArgumentException.class, () -> model.last(Rows.pad(rows, 0), Tensor.of(4, 9)));
  }
}
