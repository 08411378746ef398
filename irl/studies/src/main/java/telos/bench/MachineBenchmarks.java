package telos.bench;

import java.util.List;
import java.util.stream.IntStream;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;
import telos.devices.cpu.CpuDevice;

/// What the processor can do: the yardsticks for the rows of [TensorBenchmarks].
public final class MachineBenchmarks {
  private static final VectorSpecies<Float> SPECIES =
      VectorShape.forBitSize(CpuDevice.vectorBits()).withLanes(float.class);
  private static final int CHAINS = 12;
  private static final int ROUNDS = 200_000;
  private static final int FLOATS = 4 << 20;

  private MachineBenchmarks() {}

  /// `fma-peak` and `copy-bandwidth` on this many threads.
  public static List<Benchmark> all(int threads) {
    double flops = 2.0 * CHAINS * SPECIES.length() * ROUNDS * threads;
    double bytes = 2.0 * Float.BYTES * FLOATS;
    return List.of(
        Benchmark.throughput("fma-peak", flops, () -> fma(threads)),
        new Benchmark(
            "copy-bandwidth", "GB/s", () -> copy(threads), seconds -> bytes / seconds / 1e9));
  }

  /// Keeps results alive, so that the compiler cannot drop the work.
  private static volatile float sink;

  private static Runnable fma(int threads) {
    return () -> together(threads, _ -> sink = fmaChains(0.999f, 1e-3f));
  }

  /// Twelve independent chains: enough to hide the latency of two units of four cycles.
  private static float fmaChains(float factor, float term) {
    FloatVector f = FloatVector.broadcast(SPECIES, factor);
    FloatVector t = FloatVector.broadcast(SPECIES, term);
    FloatVector a = t, b = t, c = t, d = t, e = t, g = t, h = t, i = t, j = t, k = t, l = t, m = t;
    for (int r = 0; r < ROUNDS; r++) {
      a = a.fma(f, t);
      b = b.fma(f, t);
      c = c.fma(f, t);
      d = d.fma(f, t);
      e = e.fma(f, t);
      g = g.fma(f, t);
      h = h.fma(f, t);
      i = i.fma(f, t);
      j = j.fma(f, t);
      k = k.fma(f, t);
      l = l.fma(f, t);
      m = m.fma(f, t);
    }
    return a.add(b).add(c).add(d).add(e).add(g).add(h).add(i).add(j).add(k).add(l).add(m).lane(0);
  }

  /// Our own loop of loads and stores: library copies use streaming stores that the Vector API
  /// lacks. Bytes count reads and writes.
  private static Runnable copy(int threads) {
    float[] from = new float[FLOATS];
    float[] to = new float[FLOATS];
    int part = FLOATS / threads / SPECIES.length() * SPECIES.length();
    return () ->
        together(
            threads,
            t -> {
              copyRange(from, to, t * part, t == threads - 1 ? FLOATS : (t + 1) * part);
              sink = to[t * part];
            });
  }

  private static void copyRange(float[] from, float[] to, int start, int end) {
    for (int i = start; i < end; i += SPECIES.length()) {
      FloatVector.fromArray(SPECIES, from, i).intoArray(to, i);
    }
  }

  private interface Part {
    void run(int thread);
  }

  private static void together(int threads, Part part) {
    List<Thread> others =
        IntStream.range(1, threads)
            .mapToObj(t -> Thread.ofPlatform().start(() -> part.run(t)))
            .toList();
    part.run(0);
    for (Thread thread : others) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("The benchmark was interrupted", e);
      }
    }
  }
}
