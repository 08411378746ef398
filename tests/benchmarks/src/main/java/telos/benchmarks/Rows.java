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
import org.openjdk.jmh.annotations.TearDown;
import telos.bench.Benchmarks;
import telos.devices.cpu.CpuDevice;
import telos.tensor.Device;

/// Every row of `telos bench`, each in a JVM of its own; the column `work` is operations (of
/// products) or bytes (of what is bound by memory) a second, the rates that the rows compare.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class Rows {
  /// As `telos bench --list` prints them.
  @Param({
    "fma-peak",
    "tile-peak",
    "copy-6mb",
    "copy-16mb",
    "copy-bandwidth",
    "copy-48mb",
    "copy-300mb",
    "matmul-64",
    "matmul-256",
    "matmul-512",
    "matmul-1344",
    "matmul-64-tn",
    "matmul-64-nt",
    "matmul-64-tt",
    "matmul-512-tn",
    "matmul-512-nt",
    "matmul-512-tt",
    "matmul-1344-tn",
    "matmul-1344-nt",
    "matmul-1344-tt",
    "matmul-257",
    "matmul-1024x40x512",
    "matmul-1000x37x511",
    "matmul-1x1024x4096",
    "matmul-1x1024x4096-tied",
    "matmul-batched-48x256x64x256",
    "one-device",
    "one-device-1344",
    "two-devices",
    "add-4m",
    "mul-4m",
    "exp-4m",
    "log-4m",
    "tanh-4m",
    "sigmoid-4m",
    "erf-4m",
    "sin-4m",
    "pow-4m",
    "gelu-4m",
    "gelu-erf-4m",
    "silu-4m",
    "sum-rows-4m",
    "sum-columns-4m",
    "max-rows-4m",
    "argmax-rows-4m",
    "cumsum-rows-4m",
    "softmax-4096x1024",
    "log-softmax-4096x1024",
    "layernorm-4096x1024",
    "rmsnorm-4096x1024",
    "cross-entropy-4096x1024",
    "attention-8x6x256x64",
    "permute-0213",
    "permute-4m",
    "gather-rows-4m",
    "scatter-rows-4m",
    "gelu-4m-grad",
    "softmax-4096x1024-grad",
    "layernorm-4096x1024-grad",
    "cross-entropy-4096x1024-grad",
    "attention-8x6x256x64-grad",
    "op-overhead",
    "dispatch",
    "launch-64k",
    "mlp-64x64-batch128-grad",
    "adamw-gpt-small",
    "user-formula-4m",
    "user-formula-4m-apart",
    "user-formula-4m-grad",
    "gpt-tiny-step",
    "gpt-tiny-tokens",
    "gpt-small-step",
    "gpt-small-tokens",
    "gpt-small-step-recompute",
    "generate-small-batch1",
    "generate-small-batch64",
    "decode-100m-f32",
    "decode-100m-bf16",
    "decode-100m-int8"
  })
  public String name = "";

  private Runnable row = () -> {};
  private double work;

  /// Counts the work done.
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.OPERATIONS)
  public static class Work {
    public double work;
  }

  @Setup
  public void inputs() {
    int threads = Device.current() instanceof CpuDevice cpu ? cpu.threads() : 1;
    telos.bench.Benchmark chosen =
        Benchmarks.all(threads).stream()
            .filter(each -> each.name().equals(name))
            .findFirst()
            .orElseThrow(() -> new IllegalArgumentException("there is no row '" + name + "'"));
    row = chosen.setup().get();
    work = chosen.work();
  }

  @TearDown
  public void end() throws Exception {
    if (row instanceof AutoCloseable resource) {
      resource.close();
    }
  }

  @Benchmark
  public void row(Work counted) {
    counted.work += work;
    row.run();
  }
}
