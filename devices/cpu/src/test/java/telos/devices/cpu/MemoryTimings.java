package telos.devices.cpu;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import telos.tensor.DType;
import telos.tensor.Scope;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.fused.MaximumGrad;

/// Prints the bandwidth of kernels that are bound by memory, bytes read and written, beside that of
/// our own loop of loads and stores on the same team. `MemoryTimings [THREADS [NAME]]`; wall time,
/// so nothing else may run; an aid for whoever edits a kernel, not a test.
final class MemoryTimings {
  private static final double SECONDS = Double.parseDouble(System.getProperty("seconds", "0.8"));

  /// Floats of the large arrays: two of them fill the last cache.
  private static final int LARGE = 4 << 20;

  private static final int SMALL = 8 * 256 * 6 * 64;

  /// What was computed last, so that nothing is computed for nobody.
  static volatile Object sink = "";

  private static double large;
  private static double small;

  private MemoryTimings() {}

  private record Row(String name, double bytes, Supplier<Object> body) {}

  public static void main(String[] arguments) {
    int threads = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 1;
    String only = arguments.length > 1 ? arguments[1] : "";
    try (CpuDevice device = new CpuDevice(threads)) {
      large = copy(device.team(), LARGE);
      small = copy(device.team(), SMALL);
      System.out.printf(
          Locale.ROOT,
          "%d threads: copy of 16 MB %.1f GB/s, of 3 MB %.1f GB/s%n",
          threads,
          large,
          small);
      device.with(() -> {
        elementwise(only);
        along(only);
        movement(only);
        integers(only);
        return null;
      });
    }
  }

  private static double copy(Team team, int n) {
    float[] x = Samples.floats(1, n, 1);
    float[] y = new float[n];
    int part = n / team.size() / Lanes.WIDTH * Lanes.WIDTH;
    double seconds =
        seconds(() -> {
          team.each(
              team.size(),
              1e6,
              (from, to) -> {
                for (int p = from; p < to; p++) {
                  copied(x, y, p * part, p == team.size() - 1 ? n : (p + 1) * part);
                }
              });
          return y;
        });
    return 8.0 * n / seconds / 1e9;
  }

  private static void copied(float[] from, float[] to, int start, int end) {
    for (int i = start; i < end; i += Lanes.WIDTH) {
      Lanes.load(from, i).intoArray(to, i);
    }
  }

  private static void print(String only, Row... rows) {
    for (Row row : rows) {
      if (!row.name.contains(only)) {
        continue;
      }
      double seconds = seconds(row.body);
      double speed = row.bytes / seconds / 1e9;
      System.out.printf(
          Locale.ROOT,
          "%-22s %8.3f ms %7.1f GB/s %5.2f of copy, %5.2f of the small one%n",
          row.name,
          seconds * 1e3,
          speed,
          speed / large,
          speed / small);
    }
  }

  private static void elementwise(String only) {
    int n = LARGE;
    Tensor x = Samples.tensor(1, 4, Shape.of(4096, 1024));
    Tensor y = Samples.tensor(2, 4, Shape.of(4096, 1024));
    Tensor row = Samples.tensor(3, 1, Shape.of(1024));
    Tensor column = Samples.tensor(4, 1, Shape.of(4096, 1));
    Tensor less = x.lt(y);
    Tensor narrow = x.reshape(1 << 16, 64);
    print(
        only,
        new Row("add", 12.0 * n, () -> x.add(y)),
        new Row("mul", 12.0 * n, () -> x.mul(y)),
        new Row("add-row", 8.0 * n, () -> x.add(row)),
        new Row("mul-column", 8.0 * n, () -> x.mul(column)),
        new Row("mul-scalar", 8.0 * n, () -> x.mul(0.5)),
        new Row("add-row-64", 8.0 * n, () -> narrow.add(row.slice(0, 0, 64))),
        new Row("mul-column-64", 8.0 * n, () -> narrow.mul(x.slice(1, 0, 16).reshape(1 << 16, 1))),
        new Row("maximum", 12.0 * n, () -> x.maximum(y)),
        new Row("relu", 8.0 * n, x::relu),
        new Row("relu-grad", 12.0 * n, () -> new MaximumGrad(x, Tensor.scalar(0f), y).result()),
        new Row("neg", 8.0 * n, x::neg),
        new Row("sign", 8.0 * n, x::sign),
        new Row("exp", 8.0 * n, x::exp),
        new Row("sigmoid", 8.0 * n, x::sigmoid),
        new Row("less", 9.0 * n, () -> x.lt(y)),
        new Row("where", 13.0 * n, () -> less.where(x, y)),
        new Row("where-scalar", 9.0 * n, () -> less.where(x, Tensor.scalar(0f))),
        new Row("bool-to-float", 5.0 * n, () -> less.cast(DType.F32)),
        new Row("float-to-bool", 5.0 * n, () -> x.cast(DType.BOOL)));
  }

  private static void along(String only) {
    int n = LARGE;
    Tensor x = Samples.tensor(1, 4, Shape.of(4096, 1024));
    Tensor narrow = x.reshape(1 << 16, 64);
    Tensor wide = x.reshape(16, 1 << 18);
    Tensor bias = Samples.tensor(1, 4, Shape.of(2048, 384));
    print(
        only,
        new Row("sum-rows", 4.0 * n, () -> x.sum(1)),
        new Row("sum-rows-64", 4.0 * n, () -> narrow.sum(1)),
        new Row("sum-rows-256k", 4.0 * n, () -> wide.sum(1)),
        new Row("sum-columns", 4.0 * n, () -> x.sum(0)),
        new Row("sum-columns-64", 4.0 * n, () -> narrow.sum(0)),
        new Row("sum-columns-256k", 4.0 * n, () -> wide.sum(0)),
        new Row("sum-bias-2048x384", 4.0 * 2048 * 384, () -> bias.sum(0)),
        new Row("max-rows", 4.0 * n, () -> x.max(1)),
        new Row("max-rows-64", 4.0 * n, () -> narrow.max(1)),
        new Row("max-columns", 4.0 * n, () -> x.max(0)),
        new Row("argmax-rows", 4.0 * n, () -> x.argMax(1)),
        new Row("argmax-columns", 4.0 * n, () -> x.argMax(0)),
        new Row("cumsum-rows", 8.0 * n, () -> x.cumSum(1)),
        new Row("cumsum-columns", 8.0 * n, () -> x.cumSum(0)));
  }

  private static void movement(String only) {
    int n = LARGE;
    Tensor heads = Samples.tensor(1, 4, Shape.of(8, 256, 6, 64));
    Tensor x = Samples.tensor(1, 4, Shape.of(4096, 1024));
    Tensor images = Samples.tensor(1, 4, Shape.of(16, 64, 64, 64));
    Tensor row = Samples.tensor(2, 4, Shape.of(1, 1024));
    Tensor column = Samples.tensor(2, 4, Shape.of(4096, 1));
    Tensor index = Tensor.of(Samples.ints(5, 2048, 8192));
    Tensor table = Samples.tensor(1, 4, Shape.of(8192, 384));
    Tensor source = Samples.tensor(1, 4, Shape.of(2048, 384));
    Tensor each = Tensor.of(Samples.ints(6, 4096, 1024), Shape.of(4096));
    print(
        only,
        new Row("permute-0213", 8.0 * SMALL, () -> heads.permute(0, 2, 1, 3)),
        new Row("permute-0231", 8.0 * SMALL, () -> heads.permute(0, 2, 3, 1)),
        new Row("permute-large-102", 8.0 * n, () -> x.reshape(256, 256, 64).permute(1, 0, 2)),
        new Row("permute-10", 8.0 * n, () -> x.permute(1, 0)),
        new Row("permute-nchw", 8.0 * n, () -> images.permute(0, 3, 1, 2)),
        new Row("permute-2103", 8.0 * SMALL, () -> heads.permute(2, 1, 0, 3)),
        new Row("permute-3210", 8.0 * SMALL, () -> heads.permute(3, 2, 1, 0)),
        new Row("slice-last", 4.0 * n, () -> x.slice(1, 100, 612)),
        new Row("slice-first", 4.0 * n, () -> x.slice(0, 1024, 3072)),
        new Row(
            "slice-step",
            6.0 * n,
            () -> x.slice(new int[2], new int[] {4096, 1024}, new int[] {1, 2})),
        new Row("concat-last", 16.0 * n, () -> Tensor.concat(1, List.of(x, x))),
        new Row("concat-first", 16.0 * n, () -> Tensor.concat(0, List.of(x, x))),
        new Row("expand-row", 4.0 * n, () -> row.expand(4096, 1024)),
        new Row("expand-column", 4.0 * n, () -> column.expand(4096, 1024)),
        new Row("pad", 8.0 * n, () -> x.pad(1, 3, 7)),
        new Row("pad-first", 8.0 * n, () -> x.pad(0, 3, 7)),
        new Row("flip-last", 8.0 * n, () -> x.flip(1)),
        new Row("flip-first", 8.0 * n, () -> x.flip(0)),
        new Row("gather-rows", 8.0 * 2048 * 384, () -> table.gather(0, index)),
        new Row("gather-last", 8.0 * 4096 * 4096, () -> x.gather(1, each)),
        new Row("scatter-add", 4.0 * (2048 + 8192) * 384, () -> source.scatterAdd(0, index, 8192)));
  }

  private static void integers(String only) {
    int n = LARGE;
    Tensor x = Samples.tensor(1, 400, Shape.of(4096, 1024)).cast(DType.I32);
    Tensor y = Samples.tensor(2, 400, Shape.of(4096, 1024)).cast(DType.I32);
    Tensor some = x.lt(y);
    Tensor other = y.eq(x);
    print(
        only,
        new Row("int-add", 12.0 * n, () -> x.add(y)),
        new Row("int-less", 9.0 * n, () -> x.lt(y)),
        new Row("int-where", 13.0 * n, () -> some.where(x, y)),
        new Row("and", 3.0 * n, () -> some.and(other)),
        new Row("int-to-float", 8.0 * n, () -> x.cast(DType.F32)),
        new Row("float-to-int", 8.0 * n, () -> x.cast(DType.F32).cast(DType.I32)),
        new Row("int-permute", 8.0 * n, () -> x.permute(1, 0)));
  }

  /// The median time of one call after warming up.
  static double seconds(Supplier<Object> body) {
    long end = System.nanoTime() + (long) (SECONDS * 1e9);
    while (System.nanoTime() < end) {
      once(body);
    }
    double[] times = new double[4000];
    int count = 0;
    end = System.nanoTime() + (long) (SECONDS * 3e8);
    while (count < 5 || count < times.length && System.nanoTime() < end) {
      long start = System.nanoTime();
      once(body);
      times[count++] = (System.nanoTime() - start) * 1e-9;
    }
    Arrays.sort(times, 0, count);
    return times[count / 2];
  }

  private static void once(Supplier<Object> body) {
    Scope.call(() -> {
      sink = body.get();
      return null;
    });
  }
}
