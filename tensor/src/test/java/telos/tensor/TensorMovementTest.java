package telos.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static telos.tensor.TensorTest.on;
import static telos.tensor.TensorTest.t;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/// Where elements go, and what they are found by.
final class TensorMovementTest {
  /// Movement on a tensor whose elements are their own positions.
  @Test
  void movement() {
    Tensor x = on(() -> Tensor.arange(0, 24)).reshape(2, 3, 4);
    assertMoved(x.permute(2, 0, 1), (i, j, k) -> j * 12 + k * 4 + i);
    assertMoved(x.transpose(0, 2), (i, j, k) -> k * 12 + j * 4 + i);
    assertMoved(x.flip(0, -1), (i, j, k) -> (1 - i) * 12 + j * 4 + 3 - k);
    assertMoved(x.slice(1, 1, 3), (i, j, k) -> i * 12 + (j + 1) * 4 + k);
    assertMoved(
        x.slice(new int[] {0, 0, 1}, new int[] {2, 3, 4}, new int[] {1, 2, 2}),
        (i, j, k) -> i * 12 + 2 * j * 4 + 1 + 2 * k);
    assertMoved(x.slice(0, 1, 2).expand(2, 3, 4), (i, j, k) -> 12 + j * 4 + k);
    assertMoved(
        x.pad(new int[] {0, 1, 0}, new int[] {0, 0, 2}),
        (i, j, k) -> j == 0 || k >= 4 ? 0 : i * 12 + (j - 1) * 4 + k);
    assertMoved(
        Tensor.concat(1, List.of(x, x.slice(1, 0, 1))), (i, j, k) -> i * 12 + j % 3 * 4 + k);
    assertMoved(
        Tensor.stack(1, List.of(x.at(1, 2), x.at(1, -3))),
        (i, j, k) -> i * 12 + (j == 0 ? 2 : 0) * 4 + k);
    assertMoved(
        x.gather(1, on(() -> Tensor.of(2, 2, 0, 1))),
        (i, j, k) -> i * 12 + new int[] {2, 2, 0, 1}[j] * 4 + k);
    assertMoved(x.reshape(4, 3, 2), (i, j, k) -> i * 6 + j * 2 + k);
    assertMoved(x.reshape(Shape.of(1, 24, 1)), (_, j, _) -> j);
    assertMoved(x.broadcastTo(Shape.of(2, 3, 4)), (i, j, k) -> i * 12 + j * 4 + k);
  }

  private interface Position {
    int of(int i, int j, int k);
  }

  private static void assertMoved(Tensor actual, Position expected) {
    int[] values = actual.toInts();
    int j = actual.dim(1);
    int k = actual.dim(2);
    for (int p = 0; p < values.length; p++) {
      assertEquals(expected.of(p / (j * k), p / k % j, p % k), values[p], "element " + p);
    }
    assertEquals(actual.size(), values.length);
  }

  @Test
  void indexing() {
    Tensor x = t(1, 2, 3, 4, 5, 6).reshape(2, 3);
    Tensor index = on(() -> Tensor.of(2, 0));
    assertArrayEquals(new double[] {3, 4}, x.pick(index).toDoubles());
    Tensor rows = t(1, 2, 3, 4, 5, 6).reshape(3, 2);
    Tensor places = on(() -> Tensor.of(1, 2, 2));
    assertArrayEquals(new double[] {0, 0, 1, 2, 8, 10}, rows.scatterAdd(0, places, 3).toDoubles());
    assertArrayEquals(new float[] {0, 0, 1, 1, 0, 0}, index.oneHot(3).toFloats());
    assertEquals(5, t(4, 5, 6).pick(on(() -> Tensor.scalar(1))).item());
    Tensor far = on(() -> Tensor.of(3, 0));
    var thrown = assertThrows(IndexOutOfBoundsException.class, () -> x.gather(1, far));
    assertTrue(thrown.getMessage().contains("index 3 at position 0"), thrown.getMessage());
    assertThrows(IndexOutOfBoundsException.class, () -> x.scatterAdd(0, far, 3));
  }

  /// `<gather(x), g> = <x, scatterAdd(g)>`.
  @Property(tries = 50)
  void scatterAddIsTheTransposeOfGather(@ForAll int seed, @ForAll @IntRange(max = 2) int axis) {
    on(() -> {
      Rng rng = Rng.of(seed);
      Tensor x = rng.fold(1).normal(Shape.of(2, 3, 4)).cast(DType.F64);
      Tensor index = rng.fold(2).integers(0, x.dim(axis), Shape.of(2, 5));
      Tensor picked = x.gather(axis, index);
      Tensor g = rng.fold(3).normal(picked.shape()).cast(DType.F64);
      Tensor back = g.scatterAdd(axis, index, x.dim(axis));
      assertEquals(picked.mul(g).sum().item(), x.mul(back).sum().item(), 1e-9);
      return 0;
    });
  }
}
