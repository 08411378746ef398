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
  private static final int LOADS = 10;

  /// Times that the loads of [#TILE] come from new places.
  private static final int LOADED = 50;

  /// Fused multiply-adds in registers alone.
  static final String PEAK = "fma-peak";

  /// The same with the loads of a tile of 6 x 4 registers, ten for each 24. Another program on the
  /// core's sibling takes instruction slots: from this and from products about a third, from
  /// [#PEAK] much less.
  static final String TILE = "tile-peak";

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
        Benchmark.throughput(TILE, flops, () -> tile(threads)),
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

  private static Runnable tile(int threads) {
    float[][] loaded = new float[threads][LOADED * LOADS];
    return new Crew(threads, t -> sink = loadedChains(loaded[t], 0.999f));
  }

  /// Twelve independent chains: enough to hide the latency of two units of four cycles. What a
  /// chain carries is the addend: as a factor it would cost a copy of the addend each time.
  ///
  /// Two links of each chain a round make the method too large to be inlined (325 bytes). Within a
  /// caller's loop the compiler does not keep every chain in a register of its own, and the peak
  /// would depend on who asks for it.
  private static float fmaChains(float factor, float term) {
    FloatVector f = FloatVector.broadcast(SPECIES, factor);
    FloatVector t = FloatVector.broadcast(SPECIES, term);
    FloatVector a = t, b = t, c = t, d = t, e = t, g = t, h = t, i = t, j = t, k = t, l = t, m = t;
    for (int r = 0; r < ROUNDS; r += 2) {
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

  /// The same chains, and for each 24 links ten loads from the first cache, each of one float: of
  /// whole registers some would lie across cache lines, others not, as the array happens to begin.
  private static float loadedChains(float[] from, float factor) {
    FloatVector f = FloatVector.broadcast(SPECIES, factor);
    FloatVector a = f, b = f, c = f, d = f, e = f, g = f, h = f, n = f, j = f, k = f, l = f, m = f;
    for (int r = 0; r < ROUNDS; r += 2 * LOADED) {
      for (int i = 0; i < LOADED * LOADS; i += LOADS) {
        FloatVector v0 = FloatVector.broadcast(SPECIES, from[i]);
        FloatVector v1 = FloatVector.broadcast(SPECIES, from[i + 1]);
        FloatVector v2 = FloatVector.broadcast(SPECIES, from[i + 2]);
        FloatVector v3 = FloatVector.broadcast(SPECIES, from[i + 3]);
        FloatVector v4 = FloatVector.broadcast(SPECIES, from[i + 4]);
        a = v0.fma(f, a);
        b = v0.fma(f, b);
        c = v0.fma(f, c);
        d = v1.fma(f, d);
        e = v1.fma(f, e);
        g = v1.fma(f, g);
        h = v2.fma(f, h);
        n = v2.fma(f, n);
        j = v3.fma(f, j);
        k = v3.fma(f, k);
        l = v4.fma(f, l);
        m = v4.fma(f, m);
        FloatVector v5 = FloatVector.broadcast(SPECIES, from[i + 5]);
        FloatVector v6 = FloatVector.broadcast(SPECIES, from[i + 6]);
        FloatVector v7 = FloatVector.broadcast(SPECIES, from[i + 7]);
        FloatVector v8 = FloatVector.broadcast(SPECIES, from[i + 8]);
        FloatVector v9 = FloatVector.broadcast(SPECIES, from[i + 9]);
        a = v5.fma(f, a);
        b = v5.fma(f, b);
        c = v5.fma(f, c);
        d = v6.fma(f, d);
        e = v6.fma(f, e);
        g = v6.fma(f, g);
        h = v7.fma(f, h);
        n = v7.fma(f, n);
        j = v8.fma(f, j);
        k = v8.fma(f, k);
        l = v9.fma(f, l);
        m = v9.fma(f, m);
      }
    }
    return a.add(b).add(c).add(d).add(e).add(g).add(h).add(n).add(j).add(k).add(l).add(m).lane(0);
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
