package telos.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

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

  private static void requireSameLeaves(Sequential expected, Sequential actual) {
    var leaves = Tree.leaves(actual);
    Tree.leaves(expected)
        .forEach(
            (path, leaf) -> assertArrayEquals(leaf.toFloats(), leaves.get(path).toFloats(), path));
  }

  @Test
  void refusesWhatHasNoStack() {
    List<Linear> maps = List.of(Linear.init(2, 1, Rng.of(1)), Linear.init(2, 1, Rng.of(2)));
    assertThrows(
        IllegalArgumentException.class, () -> Ensemble.of(maps).each(Tensor.zeros(3, 5, 2)));
    Conv2d conv = Conv2d.init(1, 1, 3, 1, 0, Rng.of(1));
    assertThrows(IllegalArgumentException.class, () -> Ensemble.of(List.of(conv, conv)));
  }
}
