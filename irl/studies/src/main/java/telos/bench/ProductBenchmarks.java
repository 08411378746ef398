package telos.bench;

import static telos.bench.Inputs.freeing;
import static telos.bench.Inputs.normal;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import telos.devices.cpu.CpuDevice;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// Matrix products: round and odd sizes, transposed operands (`t`, `n` for each in order), a single
/// row, batches, one thread and two devices.
final class ProductBenchmarks {
  private ProductBenchmarks() {}

  static List<Benchmark> all() {
    return Stream.of(round(), transposed(), odd(), others(), scaling())
        .flatMap(List::stream)
        .toList();
  }

  private static List<Benchmark> round() {
    return IntStream.of(64, 256, 512, 1344)
        .mapToObj(n -> square("matmul-" + n, n, false, false))
        .toList();
  }

  private static List<Benchmark> transposed() {
    return IntStream.of(64, 512, 1344)
        .boxed()
        .flatMap(n ->
            Stream.of(
                square("matmul-" + n + "-tn", n, true, false),
                square("matmul-" + n + "-nt", n, false, true),
                square("matmul-" + n + "-tt", n, true, true)))
        .toList();
  }

  /// Sizes that are no multiple of anything, each after its round neighbour.
  private static List<Benchmark> odd() {
    return List.of(
        square("matmul-257", 257, false, false),
        product("matmul-1024x40x512", new int[] {1024, 40}, new int[] {40, 512}, false, false),
        product("matmul-1000x37x511", new int[] {1000, 37}, new int[] {37, 511}, false, false));
  }

  /// A single row is bound by reading the weights once.
  private static List<Benchmark> others() {
    int[] row = {1, 1024};
    double weights = Float.BYTES * 1024.0 * 4096;
    return List.of(
        product("matmul-1x1024x4096", row, new int[] {1024, 4096}, false, false)
            .against(MachineBenchmarks.COPY_16MB, weights),
        product("matmul-1x1024x4096-tied", row, new int[] {4096, 1024}, false, true)
            .against(MachineBenchmarks.COPY_16MB, weights),
        product(
            "matmul-batched-48x256x64x256",
            new int[] {48, 256, 64},
            new int[] {48, 64, 256},
            false,
            false));
  }

  private static Benchmark square(String name, int n, boolean left, boolean right) {
    return product(name, new int[] {n, n}, new int[] {n, n}, left, right);
  }

  private static Benchmark product(
      String name, int[] a, int[] b, boolean transposeLeft, boolean transposeRight) {
    int columns = transposeRight ? b[b.length - 2] : b[b.length - 1];
    return Benchmark.throughput(
        name,
        2.0 * Shape.of(a).size() * columns,
        () -> {
          Tensor left = normal(a);
          Tensor right = normal(b);
          return freeing(() -> left.matMul(right, transposeLeft, transposeRight));
        });
  }

  /// What one thread does alone, and two devices of one thread side by side.
  private static List<Benchmark> scaling() {
    return List.of(
        devices("one-device", 1, 512),
        devices("one-device-1344", 1, 1344),
        devices("two-devices", 2, 512).against("one-device", 4.0 * 512 * 512 * 512));
  }

  private static Benchmark devices(String name, int count, int n) {
    return Benchmark.throughput(name, 2.0 * count * n * n * n, () -> new Devices(count, n));
  }

  /// Single-thread devices, each in a thread of its own, each with its own product.
  private static final class Devices implements Runnable, AutoCloseable {
    private final List<CpuDevice> devices;
    private final List<Runnable> products;
    private final Crew crew;

    Devices(int count, int n) {
      devices = IntStream.range(0, count).mapToObj(_ -> new CpuDevice(1)).toList();
      products = devices.stream().map(device -> product(device, n)).toList();
      crew =
          new Crew(
              count,
              t ->
                  devices
                      .get(t)
                      .<Boolean>with(() -> {
                        products.get(t).run();
                        return true;
                      }));
    }

    private static Runnable product(CpuDevice device, int n) {
      return device.with(() -> {
        Tensor a = normal(n, n);
        Tensor b = normal(n, n);
        return freeing(() -> a.matMul(b));
      });
    }

    @Override
    public void run() {
      crew.run();
    }

    @Override
    public void close() {
      crew.close();
      devices.forEach(CpuDevice::close);
    }
  }
}
