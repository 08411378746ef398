package telos.devices.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import telos.tensor.Device;
import telos.tensor.Op;
import telos.tensor.Scope;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// Once compiled, no kernel allocates for each row or vector: a boxed vector costs a hundred times
/// its arithmetic. That must not depend on the sizes that a process happens to begin with.
final class AllocationTest {
  private static final Device CPU = new CpuDevice(1);
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final int ROWS = 512;
  private static final int CALLS = 20;
  private static final int SMALL_CALLS = 20_000;

  /// One array of sixteen bytes in every row would be more.
  private static final long BOUND = 16 * ROWS;

  /// C2 works when it has time; a kernel that boxes for good never gets there.
  private static final long PATIENCE_NANOS = 20_000_000_000L;

  @TestFactory
  Stream<DynamicTest> fusedKernelsAllocateNothingPerRow() {
    List<DynamicTest> tests = new ArrayList<>();
    Set<String> names = new HashSet<>();
    List<Op.Fused> small = CPU.with(() -> Samples.fused(Shape.of(2, 3)));
    List<Op.Fused> large = CPU.with(() -> Samples.fused(Shape.of(ROWS, 140)));
    for (int i = 0; i < large.size(); i++) {
      Op.Fused first = small.get(i);
      Op.Fused op = large.get(i);
      if (op.inputs().getFirst().size() >= ROWS && names.add(op.name())) {
        tests.add(
            DynamicTest.dynamicTest(
                op.name(), () -> check(() -> first.outputs().size(), () -> op.outputs().size())));
      }
    }
    return tests.stream();
  }

  @TestFactory
  Stream<DynamicTest> elementwiseKernelsAllocateNothingPerRow() {
    Tensor small = CPU.with(() -> Samples.tensor(1, 4, Shape.of(3)).abs());
    Tensor large = CPU.with(() -> Samples.tensor(1, 4, Shape.of(ROWS, 140)).abs());
    Map<String, UnaryOperator<Tensor>> functions = new LinkedHashMap<>();
    functions.put("exp", Tensor::exp);
    functions.put("log", Tensor::log);
    functions.put("log1p", Tensor::log1p);
    functions.put("tanh", Tensor::tanh);
    functions.put("sigmoid", Tensor::sigmoid);
    functions.put("erf", Tensor::erf);
    functions.put("sin", Tensor::sin);
    functions.put("cos", Tensor::cos);
    functions.put("floor", Tensor::floor);
    return functions.entrySet().stream()
        .map(f ->
            DynamicTest.dynamicTest(
                f.getKey(),
                () ->
                    check(
                        () -> f.getValue().apply(small).rank(),
                        () -> f.getValue().apply(large).rank())));
  }

  /// Where C2 has much to do, a function of vectors may be compiled alone before the loops that it
  /// is to be part of, and before there is a profile of what it gets; here there never is one.
  @Test
  void functionsCompiledAloneAllocateTheirResultOnly() {
    String beyond = ChildJvm.run(CompiledAlone.class, List.of("-XX:TypeProfileWidth=0"));
    assertEquals("", beyond, "bytes a call");
  }

  private static void check(Supplier<Integer> small, Supplier<Integer> large) {
    CPU.with(() -> {
      for (int i = 0; i < SMALL_CALLS; i++) {
        Scope.call(small);
      }
      long end = System.nanoTime() + PATIENCE_NANOS;
      long bytes = Long.MAX_VALUE;
      while (bytes > BOUND && System.nanoTime() < end) {
        bytes = bytesPerCall(large);
      }
      assertTrue(bytes <= BOUND, bytes + " bytes a call");
      return null;
    });
  }

  private static long bytesPerCall(Supplier<Integer> kernel) {
    long before = THREADS.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < CALLS; i++) {
      Scope.call(kernel);
    }
    return (THREADS.getCurrentThreadAllocatedBytes() - before) / CALLS;
  }
}
