package telos.devices.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import org.junit.jupiter.api.Test;
import telos.tensor.Rng;
import telos.tensor.Scope;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.fused.PutAt;

/// Writing to memory that the operation owns.
class OwnedPutTest {
  @Test
  void givesTheSameValuesInTheMemoryOfItsInput() {
    try (CpuDevice device = new CpuDevice(2)) {
      device.with(() -> {
        for (int axis : new int[] {2, 3}) {
          Tensor x = Rng.of(1).normal(Shape.of(3, 2, 64, 64));
          Tensor value = Rng.of(2).normal(Shape.of(3, 2, 64));
          Tensor index = Tensor.of(new int[] {0, 64, 63});
          float[] expected = new PutAt(x, value, index, axis).result().toFloats();
          Tensor put = Scope.call(() -> new PutAt(x, value, index, axis, true).result());
          assertSame(x.storage(), put.storage());
          assertArrayEquals(expected, put.toFloats());
        }
        return null;
      });
    }
  }
}
