package telos.bench;

import java.util.List;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;
import telos.devices.cpu.CpuDevice;

/// What the processor can do: the yardsticks for the other rows.
public final class MachineBenchmarks {
  private static final VectorSpecies<Float> SPECIES =
      VectorShape.forBitSize(CpuDevice.vectorBits()).withLanes(float.class);
  private static final int CHAINS = 12;
  private static final int ROUNDS = 200_000;

  /// Fused multiply-adds in registers alone.
  static final String PEAK = "fma-peak";

  /// From 4 M floats to 4 M others: 32 MB in all, as what maps 4096 x 1024 floats to as many.
  static final String COPY = "copy-bandwidth";

  /// Working sets of other sizes: of 786 432 floats and their image, of 4 M floats that are only
  /// read, of two arrays of 4 M floats and a third, and of more than any cache.
  static final String COPY_6MB = "copy-6mb";

  static final String COPY_16MB = "copy-16mb";
  static final String COPY_48MB = "copy-48mb";
  static final String COPY_300MB = "copy-300mb";

  private MachineBenchmarks() {}

  /// The FMA peak and the bandwidth of a copy, for several working sets, on this many threads.
  public static List<Benchmark> all(int threads) {
    double flops = 2.0 * CHAINS * SPECIES.length() * ROUNDS * threads;
    return List.of(
        Benchmark.throughput(PEAK, flops, () -> fma(threads)).against("", flops),
        copy(COPY_6MB, 3 << 18, threads),
        copy(COPY_16MB, 2 << 20, threads),
        copy(COPY, 4 << 20, threads),
        copy(COPY_48MB, 6 << 20, threads),
        copy(COPY_300MB, 37 << 20, threads));
  }

  /// Keeps results alive, so that the compiler cannot drop the work.
  private static volatile float sink;

  private static Runnable fma(int threads) {
    return new Crew(threads, _ -> sink = fmaChains(0.999f, 1e-3f));
  }

  /// Twelve independent chains: enough to hide the latency of two units of four cycles. What a
  /// chain carries is the addend: as a factor it would cost a copy of the addend each time.
  private static float fmaChains(float factor, float term) {
    FloatVector f = FloatVector.broadcast(SPECIES, factor);
    FloatVector t = FloatVector.broadcast(SPECIES, term);
    FloatVector a = t, b = t, c = t, d = t, e = t, g = t, h = t, i = t, j = t, k = t, l = t, m = t;
    for (int r = 0; r < ROUNDS; r++) {
      a = f.fma(t, a);
      b = f.fma(t, b);
      c = f.fma(t, c);
      d = f.fma(t, d);
      e = f.fma(t, e);
      g = f.fma(t, g);
      h = f.fma(t, h);
      i = f.fma(t, i);
      j = f.fma(t, j);
      k = f.fma(t, k);
      l = f.fma(t, l);
      m = f.fma(t, m);
    }
    return a.add(b).add(c).add(d).add(e).add(g).add(h).add(i).add(j).add(k).add(l).add(m).lane(0);
  }

  /// Our own loop of loads and stores: library copies use streaming stores that the Vector API
  /// lacks. Bytes count reads and writes.
  private static Benchmark copy(String name, int floats, int threads) {
    double bytes = 2.0 * Float.BYTES * floats;
    return new Benchmark(
        name, "GB/s", () -> copy(floats, threads), s -> bytes / s / 1e9, bytes, "");
  }

  private static Runnable copy(int floats, int threads) {
    float[] from = new float[floats];
    float[] to = new float[floats];
    int part = floats / threads / SPECIES.length() * SPECIES.length();
    return new Crew(
        threads,
        t -> {
          copyRange(from, to, t * part, t == threads - 1 ? floats : (t + 1) * part);
          sink = to[t * part];
        });
  }

  private static void copyRange(float[] from, float[] to, int start, int end) {
    for (int i = start; i < end; i += SPECIES.length()) {
      FloatVector.fromArray(SPECIES, from, i).intoArray(to, i);
    }
  }
}
