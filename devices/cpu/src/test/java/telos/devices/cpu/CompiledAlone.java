package telos.devices.cpu;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import jdk.incubator.vector.FloatVector;

/// Prints what each function of vectors allocates a call once it is compiled. So many are called
/// from one place that none is inlined there.
final class CompiledAlone {
  private static final int CALLS = 20_000;
  private static final long PATIENCE_NANOS = 20_000_000_000L;

  /// An object and an array: the result.
  private static final long RESULT = 32L + Lanes.BITS / 8;

  private CompiledAlone() {}

  public static void main(String[] arguments) {
    Map<String, UnaryOperator<FloatVector>> functions = new LinkedHashMap<>();
    functions.put("exp", VectorMath::exp);
    functions.put("bounded exp", VectorMath::boundedExp);
    functions.put("log", Logarithm::log);
    functions.put("log1p", Logarithm::log1p);
    functions.put("tanh", VectorMath::tanh);
    functions.put("sigmoid", VectorMath::sigmoid);
    functions.put("erf", VectorMath::erfFar);
    functions.put("floor", VectorMath::floor);
    functions.put("sin", Trigonometry::sin);
    functions.put("cos", Trigonometry::cos);
    Map<String, Long> bytes = new LinkedHashMap<>();
    long end = System.nanoTime() + PATIENCE_NANOS;
    do {
      functions.forEach((name, function) -> bytes.put(name, bytesPerCall(function)));
      bytes.values().removeIf(each -> each <= RESULT);
    } while (!bytes.isEmpty() && System.nanoTime() < end);
    System.out.print(bytes.isEmpty() ? "" : bytes);
  }

  private static long bytesPerCall(UnaryOperator<FloatVector> function) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    FloatVector x = FloatVector.broadcast(Lanes.FLOAT, 0.5f);
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < CALLS; i++) {
      x = function.apply(x);
    }
    return (threads.getCurrentThreadAllocatedBytes() - before) / CALLS;
  }
}
