package telos.benchmarks;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// Matrix products; the column `flops` is floating-point operations a second, counting a
/// multiplication and an addition as two.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class Products {
  /// `[batch x] rows x inner x columns`.
  @Param({
    "64x64x64",
    "256x256x256",
    "512x512x512",
    "1344x1344x1344",
    "1x1024x4096",
    "48x256x64x256"
  })
  public String size = "";

  private Tensor a = Tensor.scalar(0);
  private Tensor b = Tensor.scalar(0);
  private double flops;

  /// Counts the work done.
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.OPERATIONS)
  public static class Work {
    public double flops;
  }

  @Setup
  public void operands() {
    int[] dims = java.util.Arrays.stream(size.split("x", -1)).mapToInt(Integer::parseInt).toArray();
    int n = dims.length;
    int[] left = java.util.Arrays.copyOf(dims, n - 1);
    int[] right = left.clone();
    right[n - 3] = dims[n - 2];
    right[n - 2] = dims[n - 1];
    a = Rng.of(0).normal(Shape.of(left));
    b = Rng.of(1).normal(Shape.of(right));
    flops = 2.0 * a.size() * dims[n - 1];
  }

  @Benchmark
  public boolean matMul(Work work) {
    work.flops += flops;
    return Freed.after(() -> a.matMul(b));
  }
}
