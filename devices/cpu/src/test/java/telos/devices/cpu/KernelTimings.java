package telos.devices.cpu;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import telos.tensor.Device;
import telos.tensor.Scope;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.fused.AdamW;
import telos.tensor.fused.CrossEntropy;
import telos.tensor.fused.CrossEntropyGrad;
import telos.tensor.fused.Gelu;
import telos.tensor.fused.GeluErf;
import telos.tensor.fused.GeluErfGrad;
import telos.tensor.fused.GeluGrad;
import telos.tensor.fused.LayerNorm;
import telos.tensor.fused.LayerNormGrad;
import telos.tensor.fused.LogSoftmax;
import telos.tensor.fused.LogSoftmaxGrad;
import telos.tensor.fused.LogSumExp;
import telos.tensor.fused.RmsNorm;
import telos.tensor.fused.RmsNormGrad;
import telos.tensor.fused.Rotary;
import telos.tensor.fused.Silu;
import telos.tensor.fused.SiluGrad;
import telos.tensor.fused.Softmax;
import telos.tensor.fused.SoftmaxGrad;

/// Prints nanoseconds per element of what computes more than it reads (elementary functions and
/// fused row kernels; [MemoryTimings] has the rest), beside our own copy loop at the same size.
/// `KernelTimings [ROWS WIDTH [NAME]]`, 64 by 1024 unless given.
final class KernelTimings {
  private static final int BATCHES = 15;

  /// What was computed last, so that nothing is computed for nobody.
  static volatile @Nullable Object sink;

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private static final int TEAM = Integer.getInteger("threads", 1);

  private KernelTimings() {}

  public static void main(String[] arguments) {
    int rows = arguments.length > 1 ? Integer.parseInt(arguments[0]) : 64;
    int width = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 1024;
    String only = arguments.length > 2 ? arguments[2] : ".*";
    System.out.printf(
        "[%d, %d], %d bits, %d thread(s)%n", rows, width, CpuDevice.vectorBits(), TEAM);
    try (Device device = new CpuDevice(TEAM)) {
      device.with(() -> {
        rows(Shape.of(rows, width), only);
        return null;
      });
    }
  }

  private static void rows(Shape shape, String only) {
    Tensor x = Samples.tensor(1, 4, shape);
    Tensor y = Samples.tensor(2, 4, shape);
    Tensor row = Samples.tensor(3, 1, shape.slice(1, 2));
    Tensor each = Samples.tensor(4, 1, Shape.of(shape.dim(0)));
    Tensor labels = Tensor.of(Samples.ints(5, shape.dim(0), shape.dim(1)), Shape.of(shape.dim(0)));
    int heads = shape.size() / 64;
    Tensor angle = Samples.tensor(6, 3, Shape.of(64, 32));
    Rotary rotated = new Rotary(x.reshape(heads / 512, 64, 8, 64), angle.cos(), angle.sin(), 8);
    float[] from = x.toFloats();
    float[] to = new float[from.length];
    Object[][] table = {
      {"copy", (Supplier<Object>) () -> copied(from, to)},
      {"add", (Supplier<Object>) () -> x.add(y)},
      {"exp", (Supplier<Object>) x::exp},
      {"log", (Supplier<Object>) x::log},
      {"tanh", (Supplier<Object>) x::tanh},
      {"sigmoid", (Supplier<Object>) x::sigmoid},
      {"erf", (Supplier<Object>) x::erf},
      {"sin", (Supplier<Object>) x::sin},
      {"pow", (Supplier<Object>) () -> x.pow(y)},
      {"gelu", (Supplier<Object>) () -> new Gelu(x).result()},
      {"gelu grad", (Supplier<Object>) () -> new GeluGrad(x, y).result()},
      {"gelu erf", (Supplier<Object>) () -> new GeluErf(x).result()},
      {"gelu erf grad", (Supplier<Object>) () -> new GeluErfGrad(x, y).result()},
      {"silu", (Supplier<Object>) () -> new Silu(x).result()},
      {"silu grad", (Supplier<Object>) () -> new SiluGrad(x, y).result()},
      {"softmax", (Supplier<Object>) () -> new Softmax(x).result()},
      {"softmax grad", (Supplier<Object>) () -> new SoftmaxGrad(x, y).result()},
      {"log softmax", (Supplier<Object>) () -> new LogSoftmax(x).result()},
      {"log softmax grad", (Supplier<Object>) () -> new LogSoftmaxGrad(x, y).result()},
      {"log sum exp", (Supplier<Object>) () -> new LogSumExp(x).result()},
      {"cross entropy", (Supplier<Object>) () -> new CrossEntropy(x, labels).result()},
      {
        "cross entropy grad",
        (Supplier<Object>) () -> new CrossEntropyGrad(x, labels, each, each).result()
      },
      {"layer norm", (Supplier<Object>) () -> new LayerNorm(x, row, row, 1e-5).result()},
      {
        "layer norm grad",
        (Supplier<Object>) () -> new LayerNormGrad(x, row, each, each, y).outputs()
      },
      {"rms norm", (Supplier<Object>) () -> new RmsNorm(x, row, 1e-5).result()},
      {"rms norm grad", (Supplier<Object>) () -> new RmsNormGrad(x, row, each, y).outputs()},
      {"rotary", (Supplier<Object>) () -> rotated.result()},
      {"adamW", (Supplier<Object>) () -> adamW(x, y)},
    };
    double copy = nanos((Supplier<?>) table[0][1]) / shape.size();
    for (Object[] entry : table) {
      if (((String) entry[0]).matches(only)) {
        double nanos = nanos((Supplier<?>) entry[1]) / shape.size();
        System.out.printf(
            "%-20s %7.3f ns  %6.2f x copy  %8d bytes allocated%n",
            entry[0], nanos, nanos / copy, allocated((Supplier<?>) entry[1]));
      }
    }
  }

  private static Object adamW(Tensor x, Tensor y) {
    return new AdamW(
            List.of(x),
            List.of(y),
            List.of(y),
            List.of(y.abs()),
            new AdamW.Rates(1e-3, 0.9, 0.999, 1e-8, List.of(0.0), 3))
        .outputs();
  }

  private static float[] copied(float[] from, float[] to) {
    for (int i = 0; i < from.length; i += Lanes.WIDTH) {
      Lanes.load(from, i).intoArray(to, i);
    }
    return to;
  }

  /// The fastest of some batches, after some seconds of warming up (`-Dseconds=3`).
  private static double nanos(Supplier<?> body) {
    long seconds = Long.getLong("seconds", 3);
    long start = cpuNanos();
    int calls = 0;
    while (cpuNanos() - start < seconds * 1_000_000_000L) {
      once(body);
      calls++;
    }
    int each = Math.max(1, calls / 40);
    double[] times = new double[BATCHES];
    for (int b = 0; b < BATCHES; b++) {
      long begin = cpuNanos();
      for (int i = 0; i < each; i++) {
        once(body);
      }
      times[b] = (double) (cpuNanos() - begin) / each;
    }
    return Arrays.stream(times).min().orElseThrow();
  }

  /// Time of this thread alone, so that other programs on the machine count little.
  private static long cpuNanos() {
    return TEAM == 1 ? THREADS.getCurrentThreadCpuTime() : System.nanoTime();
  }

  /// Bytes that one call allocates on this thread.
  private static long allocated(Supplier<?> body) {
    var threads = (com.sun.management.ThreadMXBean) THREADS;
    long before = threads.getCurrentThreadAllocatedBytes();
    once(body);
    return threads.getCurrentThreadAllocatedBytes() - before;
  }

  private static void once(Supplier<?> body) {
    Scope.call(() -> {
      sink = body.get();
      return null;
    });
  }
}
