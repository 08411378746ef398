package telos.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import telos.autograd.Grad;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.Tree;

class EnsembleTest {
  private static List<Sequential> critics(int count, int seed) {
    return IntStream.range(0, count).mapToObj(i -> critic(Rng.of(seed).fold(i))).toList();
  }

  /// Gains and biases away from one and zero, or a stack that mixes members up would not be seen.
  private static Sequential critic(Rng key) {
    return Sequential.of(
        Mlp.init(Activation.RELU, key.fold(0), 3, 20, 6),
        new LayerNorm(key.fold(1).normal(Shape.of(6)), key.fold(2).normal(Shape.of(6)), 1e-5),
        new RmsNorm(key.fold(3).normal(Shape.of(6)), 1e-6),
        Activation.TANH,
        Linear.init(6, 1, key.fold(4)));
  }

  @Property(tries = 12)
  void membersGiveWhatTheyGiveAlone(
      @ForAll @IntRange(min = 1, max = 4) int size,
      @ForAll @IntRange(min = 1, max = 300) int batch,
      @ForAll @IntRange(max = 1000) int seed) {
    List<Sequential> critics = critics(size, seed);
    Ensemble<Sequential> ensemble = Ensemble.of(critics);
    assertEquals(size, ensemble.size());
    Tensor x = Rng.of(seed).fold(-1).normal(Shape.of(size, batch, 3));
    Tensor own = ensemble.each(x);
    Tensor shared = ensemble.call(x.at(0, 0));
    Ensemble<Sequential> gradient = Grad.grad(e -> e.call(x.at(0, 0)).square().sum(), ensemble);
    for (int i = 0; i < size; i++) {
      Sequential critic = critics.get(i);
      assertArrayEquals(critic.call(x.at(0, i)).toFloats(), own.at(0, i).toFloats());
      assertArrayEquals(critic.call(x.at(0, 0)).toFloats(), shared.at(0, i).toFloats());
      requireSameLeaves(
          Grad.grad(c -> c.call(x.at(0, 0)).square().sum(), critic), gradient.unstacked().get(i));
    }
  }

  @Test
  void refusesWhatHasNoStack() {
    List<Linear> maps = List.of(Linear.init(2, 1, Rng.of(1)), Linear.init(2, 1, Rng.of(2)));
    assertThrows(
        IllegalArgumentException.class, () -> Ensemble.of(maps).each(Tensor.zeros(3, 5, 2)));
    Conv2d conv = Conv2d.init(1, 1, 3, 1, 0, Rng.of(1));
    assertThrows(IllegalArgumentException.class, () -> Ensemble.of(List.of(conv, conv)));
  }

  // --- transformers ---

  private static final int[][] TEXTS = {Models.tokens(1, 11), Models.tokens(2, 4), {3}};
  private static final Tensor IDS = Models.ids(TEXTS);
  private static final Tensor LENGTHS = Rows.lengths(TEXTS);

  private static ValueModel reward(GptConfig config, long seed) {
    return ValueModel.init(Models.lively(config, seed), Rng.of(seed).fold("head"));
  }

  private static Tensor squares(ValueModel model) {
    return model.last(IDS, LENGTHS).square().sum().add(model.values(IDS).sum());
  }

  private static void requireSameRewards(List<ValueModel> members, ValueModel stack) {
    Tensor last = stack.last(IDS, LENGTHS);
    Tensor all = stack.values(IDS);
    assertEquals(Shape.of(members.size(), 3), last.shape());
    for (int i = 0; i < members.size(); i++) {
      ValueModel member = members.get(i);
      assertArrayEquals(member.last(IDS, LENGTHS).toFloats(), last.at(0, i).toFloats());
      assertArrayEquals(member.values(IDS).toFloats(), all.at(0, i).toFloats());
    }
  }

  private static void requireSameLeaves(Object expected, Object actual) {
    var leaves = Tree.leaves(actual);
    Tree.leaves(expected)
        .forEach((path, leaf) -> {
          assertEquals(leaf.isAbsent(), leaves.get(path).isAbsent(), path);
          if (!leaf.isAbsent()) {
            assertArrayEquals(leaf.toFloats(), leaves.get(path).toFloats(), path);
          }
        });
  }

  /// Values and gradients to the bit, with learned and rotary positions, grouped keys, head norms,
  /// a window; and the way back.
  @Test
  void rewardModelsGiveWhatTheyGiveAlone() {
    for (GptConfig config : List.of(Models.gpt2(), Models.llama(), Models.qwen())) {
      List<ValueModel> members = List.of(reward(config, 1), reward(config, 2));
      ValueModel stack = Ensemble.stack(members);
      requireSameRewards(members, stack);
      ValueModel gradient = Grad.grad(EnsembleTest::squares, stack);
      for (int i = 0; i < members.size(); i++) {
        requireSameLeaves(members.get(i), Ensemble.unstack(stack).get(i));
        requireSameLeaves(
            Grad.grad(EnsembleTest::squares, members.get(i)), Ensemble.unstack(gradient).get(i));
      }
    }
  }

  /// Members see data of their own, in orders of their own.
  @Test
  void membersReadTextsOfTheirOwn() {
    List<ValueModel> members = List.of(reward(Models.gpt2(), 1), reward(Models.gpt2(), 2));
    Tensor other = Models.ids(Models.tokens(4, 11), Models.tokens(5, 9), Models.tokens(6, 2));
    Tensor otherLengths = Tensor.of(new int[] {11, 9, 2});
    Tensor own =
        Ensemble.stack(members)
            .last(
                Tensor.stack(0, List.of(IDS, other)),
                Tensor.stack(0, List.of(LENGTHS, otherLengths)));
    assertArrayEquals(members.get(0).last(IDS, LENGTHS).toFloats(), own.at(0, 0).toFloats());
    assertArrayEquals(members.get(1).last(other, otherLengths).toFloats(), own.at(0, 1).toFloats());
  }

  @Test
  void tiedLanguageModelsStackToo() {
    Gpt first = Models.lively(Models.gpt2(), 1);
    Gpt second = Models.lively(Models.gpt2(), 2);
    Tensor logits = Ensemble.stack(List.of(first, second)).logits(IDS);
    assertArrayEquals(first.logits(IDS).toFloats(), logits.at(0, 0).toFloats());
    assertArrayEquals(second.logits(IDS).toFloats(), logits.at(0, 1).toFloats());
  }

  /// Each member its adapters, all on one base, which is in memory once and does not move.
  @Test
  void adaptersShareTheirBase() {
    Gpt base = Models.lively(Models.llama(), 7);
    List<ValueModel> members =
        List.of(1, 2).stream().map(seed -> adapted(base, Rng.of(seed))).toList();
    ValueModel stack = Ensemble.stack(members);
    String path = "trunk.blocks.0.attention.qkv.base.weight";
    assertSame(
        Tree.leaves(base).get("blocks.0.attention.qkv.weight"), Tree.leaves(stack).get(path));
    requireSameRewards(members, stack);
    ValueModel gradient = Grad.grad(EnsembleTest::squares, stack);
    assertTrue(Tree.leaves(gradient).get(path).isAbsent());
    for (int i = 0; i < members.size(); i++) {
      requireSameLeaves(
          Grad.grad(EnsembleTest::squares, members.get(i)), Ensemble.unstack(gradient).get(i));
    }
    var other = adapted(Models.lively(Models.llama(), 8), Rng.of(4));
    var refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> Ensemble.stack(List.of(members.getFirst(), other)));
    assertTrue(refused.getMessage().contains("differ at 'trunk.blocks.0."), refused.getMessage());
  }

  private static ValueModel adapted(Gpt base, Rng key) {
    Gpt fresh = new Lora(2, 4, false, 0).adapt(base, path -> !path.equals("head"), key);
    Gpt moved =
        Tree.mapWithPath(
            fresh,
            (path, leaf) ->
                path.contains("adapters") ? key.fold(path).normal(leaf.shape()).mul(0.1) : leaf);
    return ValueModel.init(moved, key.fold("head"));
  }

  /// Heads alone: the trunk is run once, and gets the sum of the members' gradients.
  @Test
  void headsShareTheirTrunk() {
    Gpt trunk = Models.lively(Models.llama(), 5);
    ValueModel heads = ValueModel.init(trunk, 3, Rng.of(6));
    List<ValueModel> members =
        Ensemble.unstack(heads.head()).stream().map(head -> new ValueModel(trunk, head)).toList();
    requireSameRewards(members, heads);
    ValueModel gradient = Grad.grad(EnsembleTest::squares, heads);
    Tensor sum = Tensor.zeros(Models.VOCABULARY, 32);
    for (int i = 0; i < 3; i++) {
      ValueModel alone = Grad.grad(EnsembleTest::squares, members.get(i));
      assertArrayEquals(
          alone.head().weight().toFloats(), gradient.head().weight().at(0, i).toFloats());
      sum = sum.add(alone.trunk().tokens().weight());
    }
    assertArrayEquals(sum.toFloats(), gradient.trunk().tokens().weight().toFloats(), 1e-4f);
  }

  @Test
  void aStackDoesNotWrite() {
    Gpt stack =
        Ensemble.stack(List.of(Models.lively(Models.gpt2(), 1), Models.lively(Models.gpt2(), 2)));
    var refused =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                Generator.generate(
                    stack, new int[][] {{1}}, Sampling.of(3), Generator.keys(Rng.of(1), 1, 1)));
    assertTrue(refused.getMessage().contains("stack"), refused.getMessage());
  }
}
