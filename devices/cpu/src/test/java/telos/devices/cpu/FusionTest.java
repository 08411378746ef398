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
