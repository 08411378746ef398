package telos.devices.cpu;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import telos.tensor.Device;
import telos.tensor.Op;
import telos.tensor.Scope;
import telos.tensor.Shape;

/// Once compiled, no kernel allocates for each row or vector: a boxed vector costs a hundred times
/// its arithmetic.
final class AllocationTest {
  private static final Device CPU = new CpuDevice(1);
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final int ROWS = 512;
  private static final int CALLS = 20;

  /// One array of sixteen bytes in every row would be more.
  private static final long BOUND = 16 * ROWS;

  /// C2 works when it has time; a kernel that boxes for good never gets there.
  private static final long PATIENCE_NANOS = 20_000_000_000L;

  @TestFactory
  Stream<DynamicTest> kernelsAllocateNothingPerRow() {
    List<DynamicTest> tests = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (Op.Fused op : CPU.with(() -> Samples.fused(Shape.of(ROWS, 140)))) {
      if (op.inputs().getFirst().size() >= ROWS && names.add(op.name())) {
        tests.add(DynamicTest.dynamicTest(op.name(), () -> compare(op)));
      }
    }
    return tests.stream();
  }

  private static void compare(Op.Fused op) {
    CPU.with(() -> {
      long end = System.nanoTime() + PATIENCE_NANOS;
      long bytes = Long.MAX_VALUE;
      while (bytes > BOUND && System.nanoTime() < end) {
        bytes = bytesPerCall(op);
      }
      assertTrue(bytes <= BOUND, bytes + " bytes a call");
      return null;
    });
  }

  private static long bytesPerCall(Op.Fused op) {
    long before = THREADS.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < CALLS; i++) {
      Scope.call(() -> op.outputs().size());
    }
    return (THREADS.getCurrentThreadAllocatedBytes() - before) / CALLS;
  }
}
