package telos.devices.opencl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AddLifecycleHook;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import telos.tensor.DType;
import telos.tensor.Rng;
import telos.tensor.Scope;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.fused.Attention;
import telos.tensor.fused.CachedAttention;
import telos.tensor.fused.NarrowLinear;

/// What generation runs has the bits of what training runs, for any number of rows.
@AddLifecycleHook(NeedsOpenCl.class)
final class GenerationKernelsTest {
  private static final int BLOCK = CachedAttention.BLOCK;

  private static final Optional<OpenClDevice> DEVICE = NeedsOpenCl.opened();

  @BeforeAll
  static void needsOpenCl() {
    assumeTrue(DEVICE.isPresent(), NeedsOpenCl.REASON);
  }

  // --- attention ---

  @Property(tries = 12)
  void cachedRowsHaveTheBitsOfAWholePass(
      @ForAll int seed,
      @ForAll @IntRange(min = 1, max = 2) int batch,
      @ForAll @IntRange(min = 1, max = 150) int length,
      @ForAll @IntRange(min = 1, max = 5) int queries,
      @ForAll @IntRange(min = 1, max = 2) int group,
      @ForAll boolean vectors,
      @ForAll @IntRange(min = 1, max = 200) int window) {
    cached(
        seed,
        Shape.of(batch, length, 2 * group + 4, vectors ? 16 : 5),
        2 * group,
        Math.min(queries, length),
        window > length ? Attention.ALL : window);
  }

  /// More blocks than a launch takes.
  @Test
  void longCachesToo() {
    for (int window : new int[] {Attention.ALL, 3, 540}) {
      cached(3, Shape.of(1, 700, 4, 16), 2, 2, window);
    }
  }

  private static void cached(int seed, Shape shape, int heads, int queries, int window) {
    on(() -> {
      Tensor qkv = Rng.of(seed).normal(shape);
      int length = qkv.dim(1);
      int keyHeads = (qkv.dim(2) - heads) / 2;
      Tensor all = new Attention(qkv, heads, keyHeads, 0.3f, window).outputs().getFirst();
      Tensor keys = cache(qkv.slice(2, heads, heads + keyHeads));
      Tensor values = cache(qkv.slice(2, heads + keyHeads, heads + 2 * keyHeads));
      int[] start = new int[qkv.dim(0)];
      Arrays.fill(start, length - queries);
      Tensor q = qkv.slice(1, length - queries, length).slice(2, 0, heads);
      Tensor some =
          new CachedAttention(
                  q,
                  blocks(keys, block -> block.transpose(2, 3)),
                  blocks(values, block -> block),
                  Tensor.of(start),
                  0.3f,
                  window)
              .result();
      assertArrayEquals(
          all.slice(1, length - queries, length).toFloats(),
          some.toFloats(),
          shape + " window " + window);
      return some.toFloats();
    });
  }

  /// `[B, K, whole blocks, D]` of `[B, T, K, D]`.
  private static Tensor cache(Tensor x) {
    return x.permute(0, 2, 1, 3).pad(2, 0, Math.ceilDiv(x.dim(1), BLOCK) * BLOCK - x.dim(1));
  }

  private static List<Tensor> blocks(Tensor cache, Function<Tensor, Tensor> layout) {
    return IntStream.range(0, cache.dim(2) / BLOCK)
        .mapToObj(i -> layout.apply(cache.slice(2, i * BLOCK, (i + 1) * BLOCK)))
        .toList();
  }

  // --- narrow weights ---

  /// Read narrow for few rows, widened before for many.
  @Property(tries = 8)
  void narrowProductsHaveTheSameBitsForAnyRows(
      @ForAll int seed,
      @ForAll @IntRange(min = 1, max = 90) int in,
      @ForAll @IntRange(min = 1, max = 70) int out,
      @ForAll boolean bytes) {
    boolean transposed = !bytes;
    on(() -> {
      Rng rng = Rng.of(seed);
      Tensor x = rng.fold(1).normal(Shape.of(50, in));
      Tensor table = rng.fold(2).normal(transposed ? Shape.of(out, in) : Shape.of(in, out));
      Tensor w = bytes ? table.mul(40).cast(DType.I8) : table.cast(DType.BF16);
      Tensor scale = bytes ? rng.fold(3).normal(Shape.of(out)) : null;
      Tensor bias = transposed ? null : rng.fold(4).normal(Shape.of(out));
      float[] all = new NarrowLinear(x, w, scale, bias, transposed).result().toFloats();
      for (int rows : new int[] {1, 3, 8, 29}) {
        Tensor some = new NarrowLinear(x.slice(0, 0, rows), w, scale, bias, transposed).result();
        assertArrayEquals(Arrays.copyOf(all, rows * out), some.toFloats(), rows + " rows");
      }
      return all;
    });
  }

  private static <T> T on(Supplier<T> body) {
    return DEVICE.orElseThrow().with(() -> Scope.call(body));
  }
}
