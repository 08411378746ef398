package telos.devices.cpu;

import static telos.devices.cpu.Lanes.WIDTH;
import static telos.devices.cpu.Lanes.fill;

import java.lang.management.ManagementFactory;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/// Prints the speed of the products and of attention beside the FMA peak measured in the same run.
/// `Timing [THREADS [NAME]]`; an aid for whoever edits a kernel, not a test.
final class Timing {
  private static final long WARM_UP = Long.getLong("warm", 1000) * 1_000_000L;
  private static double peak;
  private static int threads;

  private Timing() {}

  public static void main(String[] args) {
    threads = args.length > 0 ? Integer.parseInt(args[0]) : 1;
    String only = args.length > 1 ? args[1] : "";
    try (Team team = new Team(threads)) {
      double flops = 24.0 * WIDTH * 1_000_000;
      peak = flops / seconds(() -> sink += fmas(1_000_000)) * threads;
      System.out.printf("FMA peak of %d thread(s) %.1f GFLOP/s%n", threads, peak / 1e9);
      for (int n : new int[] {64, 128, 256, 257, 512, 1024, 1344}) {
        product(only, team, Product.of(n, n, n, false, false), "matmul-" + n);
      }
      for (int n : new int[] {64, 512, 1024}) {
        product(only, team, Product.of(n, n, n, true, false), "turned-" + n + "-ta");
        product(only, team, Product.of(n, n, n, false, true), "turned-" + n + "-tb");
        product(only, team, Product.of(n, n, n, true, true), "turned-" + n + "-ta-tb");
      }
      for (int m : new int[] {1, 2, 4, 8, 16, 32}) {
        product(only, team, Product.of(m, 1024, 1024, false, false), "rows-" + m + "x1024x1024");
      }
      product(only, team, Product.of(1, 4096, 1024, false, false), "rows-1x1024x4096");
      product(only, team, Product.of(1, 4096, 1024, false, true), "rows-1x1024x4096-tb");
      product(only, team, Product.of(1000, 511, 37, false, false), "odd-1000x37x511");
      product(only, team, Product.of(1000, 512, 32, false, false), "odd-1000x32x512");
      for (int out : new int[] {384, 1152, 1536}) {
        String shape = "gpt-2048x384x" + out;
        product(only, team, Product.of(2048, out, 384, false, false), shape);
        product(only, team, Product.of(2048, 384, out, false, true), shape + "-dx");
        product(only, team, Product.of(384, out, 2048, true, false), shape + "-dw");
      }
      product(only, team, Product.of(2048, 384, 1536, false, false), "gpt-2048x1536x384");
      product(only, team, Product.of(1536, 384, 2048, true, false), "gpt-2048x1536x384-dw");
      product(only, team, Product.of(2048, 65, 384, false, false), "gpt-2048x384x65");
      product(only, team, Product.of(2048, 384, 65, false, true), "gpt-2048x384x65-dx");
      product(only, team, Product.of(384, 65, 2048, true, false), "gpt-2048x384x65-dw");
      product(only, team, Product.of(768, 512, 128, false, false), "gpt-768x128x512");
      product(only, team, Product.of(128, 512, 768, true, false), "gpt-768x128x512-dw");
      product(only, team, Product.of(128, 64, 64, false, false), "small-128x64x64");
      product(only, team, Product.of(128, 64, 4, false, false), "small-128x4x64");
      product(only, team, Product.of(128, 2, 64, false, false), "small-128x64x2");
      product(only, team, Product.of(64, 2, 128, true, false), "small-128x64x2-dw");
      product(only, team, Product.of(128, 64, 2, false, true), "small-128x64x2-dx");
      product(only, team, Product.of(4, 64, 128, true, false), "small-128x4x64-dw");
      product(only, team, Product.of(2048, 1, 384, false, false), "small-2048x384x1");
      Product heads = Product.of(256, 256, 64, false, false).repeated(48, 1 << 14, 1 << 14, 0);
      product(only, team, heads, "batched-48x256x64x256");
      attention(only, team, new Heads(8, 256, 6, 6, 64, 0.125f), "attention-8x6x256x64");
      attention(only, team, new Heads(16, 64, 4, 4, 32, 0.2f), "attention-16x4x64x32");
      attention(only, team, new Heads(1, 1024, 8, 2, 64, 0.125f), "attention-1x8x1024x64");
      transposition(only, 1024, 4096);
      transposition(only, 256, 64);
    }
    System.out.println(sink > 0 ? "" : " ");
  }

  private static double sink;

  private static void product(String only, Team team, Product p, String name) {
    if (!name.matches(".*(" + only + ").*")) {
      return;
    }
    float[] a = MatMulTest.random(p.batch() * p.m() * p.k(), 1);
    float[] b = MatMulTest.random(p.batch() * p.k() * p.n(), 2);
    float[] c = new float[p.batch() * p.m() * p.n()];
    double flops = 2.0 * p.batch() * p.m() * p.n() * p.k();
    print(name, flops, seconds(() -> MatMul.run(team, p, a, b, null, c, 0)));
    if (Arrays.stream(p.bAt()).max().getAsInt() == 0) {
      PackedMatrix packed = PackedMatrix.of(team, b, 0, p.k(), p.n(), p.transposeB());
      double packedTime = seconds(() -> MatMul.run(team, p, a, packed, null, c, 0));
      print("  packed before", flops, packedTime);
    }
  }

  private static void attention(String only, Team team, Heads heads, String name) {
    if (!name.matches(".*(" + only + ").*")) {
      return;
    }
    int rows = heads.batch() * heads.length();
    float[] qkv = MatMulTest.random(rows * heads.row(), 1);
    float[] out = new float[rows * heads.resultRow()];
    float[] statistics = new float[2 * rows * heads.heads()];
    double flops = 2.0 * rows * heads.length() * heads.resultRow();
    print(name, flops, seconds(() -> CausalAttention.run(team, heads, qkv, out, statistics)));
    float[] dQkv = new float[qkv.length];
    print(
        "  backward",
        2.5 * flops,
        seconds(() -> CausalAttentionGrad.run(team, heads, qkv, out, statistics, out, dQkv)));
  }

  private static void transposition(String only, int rows, int columns) {
    String name = "transpose-" + rows + "x" + columns;
    if (!name.matches(".*(" + only + ").*")) {
      return;
    }
    float[] x = MatMulTest.random(rows * columns, 1);
    float[] y = new float[x.length];
    double seconds = seconds(() -> Transposition.copy(x, 0, columns, rows, columns, y, 0, rows));
    System.out.printf("%-28s %10.3f ns/element%n", name, seconds * 1e9 / x.length);
  }

  static void print(String name, double flops, double seconds) {
    System.out.printf(
        "%-28s %10.2f us %8.1f GFLOP/s %5.1f %% of peak%n",
        name, seconds * 1e6, flops / seconds / 1e9, 100 * flops / seconds / peak);
  }

  /// Processor time of a single thread, so that a busy machine does not count; else wall time.
  private static long clock() {
    return threads == 1
        ? ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime()
        : System.nanoTime();
  }

  /// The median time of one run after warming up.
  static double seconds(Runnable run) {
    long end = System.nanoTime() + WARM_UP;
    int runs = 0;
    for (; runs < 3 || System.nanoTime() < end; runs++) {
      run.run();
    }
    int batch = Math.max(1, runs / 100);
    double[] times = new double[15];
    for (int i = 0; i < times.length; i++) {
      long start = clock();
      for (int j = 0; j < batch; j++) {
        run.run();
      }
      times[i] = (clock() - start) * 1e-9 / batch;
    }
    Arrays.sort(times);
    return times[times.length / 2];
  }

  /// Twelve independent chains of fma.
  static float fmas(int count) {
    FloatVector x = fill(0.999f);
    FloatVector y = fill(0.001f);
    FloatVector a = x;
    FloatVector b = x;
    FloatVector c = x;
    FloatVector d = x;
    FloatVector e = x;
    FloatVector f = x;
    FloatVector g = x;
    FloatVector h = x;
    FloatVector i = x;
    FloatVector j = x;
    FloatVector k = x;
    FloatVector l = x;
    for (int n = 0; n < count; n++) {
      a = a.fma(x, y);
      b = b.fma(x, y);
      c = c.fma(x, y);
      d = d.fma(x, y);
      e = e.fma(x, y);
      f = f.fma(x, y);
      g = g.fma(x, y);
      h = h.fma(x, y);
      i = i.fma(x, y);
      j = j.fma(x, y);
      k = k.fma(x, y);
      l = l.fma(x, y);
    }
    FloatVector sum = a.add(b).add(c).add(d).add(e).add(f);
    return sum.add(g).add(h).add(i).add(j).add(k).add(l).lane(0);
  }
}
