package telos.devices.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import telos.tensor.Device;
import telos.tensor.Op;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.fused.LayerNorm;
import telos.tensor.fused.RmsNorm;

/// Each fused kernel has the bits of its definition run by the same device's ordinary kernels.
final class FusionTest {
  private static final Device CPU = new CpuDevice(2);

  @TestFactory
  Stream<DynamicTest> kernelsHaveTheBitsOfTheirDefinitions() {
    List<DynamicTest> tests = new ArrayList<>();
    for (int[] dims : new int[][] {{1, 1}, {3, 5}, {2, 3, 70}, {300, 33}, {2, 4100}, {700, 64}}) {
      for (Op.Fused op : CPU.with(() -> Samples.fused(Shape.of(dims)))) {
        String name = op.name() + " " + op.inputs().getFirst().shape();
        tests.add(DynamicTest.dynamicTest(name, () -> compare(op)));
      }
    }
    return tests.stream();
  }

  @TestFactory
  Stream<DynamicTest> largeNormsHaveTheBitsOfTheirDefinitions() {
    return Stream.of(Shape.of(450_000, 7), Shape.of(60_001, 55), Shape.of(700, 4600))
        .flatMap(shape -> {
          Tensor x = CPU.with(() -> Samples.tensor(1, 4, shape));
          Tensor gain = CPU.with(() -> Samples.tensor(2, 1, Shape.of(shape.dim(-1))));
          return Stream.<Op.Fused>of(
              new LayerNorm(x, gain, gain, 1e-5), new RmsNorm(x, gain, 1e-5));
        })
        .map(op -> DynamicTest.dynamicTest(op.name() + " " + op.shape(), () -> compare(op)));
  }

  private static void compare(Op.Fused op) {
    boolean degenerate = op.inputs().getFirst().dim(-1) == 1;
    List<Tensor> kernel = ((CpuDevice) CPU).run(op);
    if (degenerate && kernel == null) {
      return;
    }
    assertNotNull(kernel, "no kernel ran");
    List<Tensor> definition = CPU.with(op::definition);
    for (int i = 0; i < kernel.size(); i++) {
      assertArrayEquals(definition.get(i).toFloats(), kernel.get(i).toFloats(), "output " + i);
    }
  }
}
