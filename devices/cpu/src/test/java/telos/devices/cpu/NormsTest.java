package telos.devices.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.fused.SquareSums;

class NormsTest {
  /// Around the sizes of lanes and blocks, whole trees and broken ones, for any team.
  @Test
  void theBitsAreThoseOfEachLeafAlone() {
    int[] sizes = {1, 0, 31, 33, 4095, 4096, 4097, 3 * 4096, 5 * 4096 + 17, 300_000, 2};
    for (int threads : new int[] {1, 2, 5}) {
      try (CpuDevice device = new CpuDevice(threads)) {
        device.with(() -> {
          List<Tensor> leaves =
              IntStream.of(sizes).mapToObj(n -> Rng.of(n).normal(Shape.of(n))).toList();
          double[] expected =
              leaves.stream().mapToDouble(leaf -> leaf.square().sum().item()).toArray();
          assertArrayEquals(expected, new SquareSums(leaves).result().toDoubles());
          return null;
        });
      }
    }
  }

  @Test
  void otherDTypesFollowTheDefinition() {
    try (CpuDevice device = new CpuDevice(2)) {
      device.with(() -> {
        Tensor x = Tensor.of(new double[] {0.1, 2}, 2);
        Tensor sums = new SquareSums(List.of(Tensor.of(3f), x)).result();
        assertArrayEquals(new double[] {9, 4 + 0.1 * 0.1}, sums.toDoubles());
        assertEquals(Shape.of(2), sums.shape());
        return null;
      });
    }
    assertThrows(IllegalArgumentException.class, () -> new SquareSums(List.of()));
  }
}
