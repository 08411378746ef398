package telos.devices.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import telos.tensor.DType;
import telos.tensor.Device;
import telos.tensor.Scope;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.fused.Linear;

/// Operations of the device against those of the reference device, the free list, and refusals.
final class CpuDeviceTest {
  private static final Device CPU = new CpuDevice(2);
  private static final Device REFERENCE = Device.of("reference");

  /// The same program on both devices; movement must agree exactly.
  private static void same(Supplier<Tensor> program) {
    Tensor cpu = CPU.with(program);
    Tensor reference = REFERENCE.with(program);
    assertEquals(reference.shape(), cpu.shape());
    assertEquals(reference.dtype(), cpu.dtype());
    assertArrayEquals(numbers(reference), numbers(cpu));
  }

  private static double[] numbers(Tensor x) {
    return x.cast(DType.F64).toDoubles();
  }

  private static void close(Supplier<Tensor> program) {
    float[] cpu = CPU.with(program).toFloats();
    float[] reference = REFERENCE.with(program).toFloats();
    assertArrayEquals(reference, cpu, 2e-5f);
  }

  @Test
  void serviceLoaderFindsTheDevice() {
    Device cpu = Device.of("cpu");
    assertSame(cpu, Device.of("cpu"));
    assertEquals(3, ((CpuDevice) Device.of("cpu:3")).threads());
    assertThrows(IllegalArgumentException.class, () -> Device.of("cpu:none"));
  }

  @Property(tries = 60)
  void movementIsExactForEveryDtype(
      @ForAll @IntRange(min = 1, max = 4) int a,
      @ForAll @IntRange(min = 0, max = 40) int b,
      @ForAll @IntRange(min = 1, max = 37) int c,
      @ForAll DTypeOfOps type) {
    Shape shape = Shape.of(a, b, c);
    Supplier<Tensor> x = () -> Samples.tensor(1, 100, shape).cast(type.dtype);
    for (int[] order : new int[][] {{0, 1, 2}, {2, 1, 0}, {1, 0, 2}, {0, 2, 1}, {2, 0, 1}}) {
      same(() -> x.get().permute(order));
    }
    same(() -> x.get().flip(0).flip(2));
    same(() -> x.get().slice(2, c / 3, c).slice(1, 0, b / 2));
    same(() -> x.get().slice(2, 0, 1).expand(a, b, 5));
    same(() -> x.get().pad(2, 1, 2).pad(1, 0, 3));
    same(() -> Tensor.concat(1, List.of(x.get(), x.get().slice(1, 0, b / 2), x.get())));
    same(() -> Tensor.concat(2, List.of(x.get(), x.get())));
  }

  /// The dtypes that operations take.
  enum DTypeOfOps {
    F32(DType.F32),
    F64(DType.F64),
    I32(DType.I32),
    BOOL(DType.BOOL);

    private final DType dtype;

    DTypeOfOps(DType dtype) {
      this.dtype = dtype;
    }
  }

  @Property(tries = 60)
  void gatherAndScatterAddAgreeWithTheReference(
      @ForAll @IntRange(min = 1, max = 5) int outer,
      @ForAll @IntRange(min = 1, max = 9) int extent,
      @ForAll @IntRange(min = 1, max = 70) int inner,
      @ForAll @IntRange(min = 0, max = 20) int picks) {
    Shape shape = Shape.of(outer, extent, inner);
    int[] index = Samples.ints(5, picks, extent);
    same(() -> Samples.tensor(2, 1, shape).gather(1, Tensor.of(index)));
    same(() -> Samples.tensor(2, 9, shape).cast(DType.I32).gather(1, Tensor.of(index)));
    close(() ->
        Samples.tensor(3, 1, Shape.of(outer, picks, inner))
            .scatterAdd(1, Tensor.of(index), extent));
    same(() ->
        Samples.tensor(3, 9, Shape.of(outer, picks, inner))
            .cast(DType.I32)
            .scatterAdd(1, Tensor.of(index), extent));
  }

  @Property(tries = 80)
  void broadcastingAgreesWithTheReference(
      @ForAll @IntRange(min = 1, max = 5) int a,
      @ForAll @IntRange(min = 1, max = 5) int b,
      @ForAll @IntRange(min = 1, max = 50) int c,
      @ForAll @IntRange(min = 0, max = 7) int left,
      @ForAll @IntRange(min = 0, max = 7) int right) {
    Supplier<Tensor> x = () -> Samples.tensor(1, 2, masked(left, a, b, c));
    Supplier<Tensor> y = () -> Samples.tensor(2, 2, masked(right, a, b, c));
    same(() -> x.get().add(y.get()));
    same(() -> x.get().sub(y.get()).mul(x.get()).maximum(y.get()).minimum(x.get().add(1)));
    same(() -> x.get().lt(y.get()));
    same(() -> x.get().le(y.get()).where(x.get(), y.get()));
    same(() -> x.get().floor().eq(y.get().floor()));
    close(() -> x.get().div(y.get().abs().add(1)));
    close(() -> x.get().abs().add(0.5).pow(y.get()));
    same(() -> x.get().add(Tensor.scalar(2f)));
    same(() -> Tensor.scalar(3f).sub(x.get()));
  }

  @Property(tries = 60)
  void integersAndMasksAgreeWithTheReference(
      @ForAll @IntRange(min = 1, max = 4) int a,
      @ForAll @IntRange(min = 1, max = 30) int b,
      @ForAll @IntRange(min = 0, max = 7) int left,
      @ForAll @IntRange(min = 0, max = 7) int right) {
    Supplier<Tensor> x = () -> Samples.tensor(1, 9, masked(left, a, 3, b)).cast(DType.I32);
    Supplier<Tensor> y = () -> Samples.tensor(2, 9, masked(right, a, 3, b)).cast(DType.I32);
    same(() -> x.get().add(y.get()).mul(x.get()).sub(y.get()));
    same(() -> x.get().mul(300_000_007).maximum(y.get()).minimum(x.get()));
    same(() -> x.get().lt(y.get()).maximum(x.get().eq(y.get())));
    same(() -> x.get().le(y.get()).where(x.get(), y.get()));
    same(() -> x.get().lt(y.get()).where(x.get().eq(1), y.get().eq(2)));
    same(() -> x.get().div(y.get().abs().add(1)));
  }

  private static Shape masked(int bits, int... dims) {
    int[] own = dims.clone();
    for (int i = 0; i < own.length; i++) {
      own[i] = (bits >> i & 1) == 0 ? own[i] : 1;
    }
    return Shape.of(own);
  }

  @Property(tries = 40)
  void reductionsAgreeWithTheReference(
      @ForAll @IntRange(min = 1, max = 4) int outer,
      @ForAll @IntRange(min = 1, max = 600) int extent,
      @ForAll @IntRange(min = 1, max = 40) int inner,
      @ForAll @IntRange(min = 0, max = 2) int axis) {
    Supplier<Tensor> x = () -> Samples.tensor(4, 1, Shape.of(outer, extent, inner));
    close(() -> x.get().mean(axis));
    same(() -> x.get().max(axis));
    same(() -> x.get().argMax(axis));
    close(() -> x.get().div(64).cumSum(axis));
    same(() -> x.get().mul(100).cast(DType.I32).sum(axis));
  }

  @Property(tries = 60)
  void productsAgreeWithTheReference(
      @ForAll @IntRange(min = 0, max = 7) int flags,
      @ForAll @IntRange(min = 0, max = 3) int shared,
      @ForAll @IntRange(min = 1, max = 30) int m,
      @ForAll @IntRange(min = 0, max = 40) int k,
      @ForAll @IntRange(min = 1, max = 50) int n) {
    boolean left = (flags & 1) != 0;
    boolean right = (flags & 2) != 0;
    Shape a = Shape.of((shared & 1) != 0 ? 1 : 2, 3, left ? k : m, left ? m : k);
    Shape b = Shape.of(2, (shared & 2) != 0 ? 1 : 3, right ? n : k, right ? k : n);
    Shape flat = (flags & 4) != 0 ? b.slice(2, 4) : b;
    close(() -> Samples.tensor(6, 1, a).matMul(Samples.tensor(7, 1, flat).mul(0.2), left, right));
    Supplier<Tensor> linear =
        () ->
            new Linear(
                    Samples.tensor(8, 1, Shape.of(3, m, 2, k)),
                    Samples.tensor(9, 0.2f, Shape.of(3, k, n)),
                    left ? null : Samples.tensor(10, 1, Shape.of(3, n)))
                .result();
    close(linear);
  }

  @Test
  void castsAgreeWithTheReference() {
    for (DType from : List.of(DType.F32, DType.F64, DType.I32, DType.BOOL)) {
      for (DType to : DType.values()) {
        same(() -> Samples.tensor(1, 100, Shape.of(40)).cast(from).cast(to).cast(from));
      }
    }
  }

  @Test
  void maximumIsNanWhereAnyElementIs() {
    CPU.with(() -> {
      float[] values = Samples.floats(1, 70, 1);
      values[69] = Float.NaN;
      values[33] = Float.NaN;
      Tensor x = Tensor.of(values, 2, 35);
      assertArrayEquals(new float[] {Float.NaN, Float.NaN}, x.max(1).toFloats());
      assertArrayEquals(new int[] {33, 34}, x.argMax(1).toInts());
      return null;
    });
  }

  @Test
  void outOfRangeIndexIsNamed() {
    CPU.with(() -> {
      Tensor x = Tensor.zeros(3, 2);
      var thrown =
          assertThrows(IndexOutOfBoundsException.class, () -> x.gather(0, Tensor.of(0, 2, 3)));
      assertEquals("gather: index 3 at position 2 lies not in [0, 3)", thrown.getMessage());
      return null;
    });
  }

  @Test
  void deadArraysAreUsedAgainAndNothingIsAssumedOfThem() {
    Pool pool = new Pool();
    Object first = pool.take(DType.F32, 1000);
    Object second = pool.take(DType.F32, 1000);
    pool.give(first);
    pool.give(second);
    assertEquals(2 * Pool.bytes(first), pool.use().waiting());
    assertSame(first, pool.take(DType.F32, Pool.sizeClass(1000)));
    assertSame(second, pool.take(DType.F32, 1000));
    assertEquals(0, pool.use().waiting());
    pool.give(first);
    pool.give(second);
    pool.clear();
    assertEquals(0, pool.use().waiting());
    assertNotSame(first, pool.take(DType.F32, 1000));
    CPU.with(() -> {
      for (int i = 0; i < 3; i++) {
        float[] sum =
            Scope.call(() -> Samples.tensor(1, 1, Shape.of(5, 7)).pad(1, 2, 2).sum(0)).toFloats();
        assertEquals(0f, sum[0]);
        Scope.call(() -> Tensor.full(Double.NaN, DType.F32, Shape.of(64)).mul(1).sum(0));
      }
      return null;
    });
  }

  /// Of several threads at the pool none meets its own array in another's hands.
  @Test
  void anArrayHasOneUser() {
    Pool pool = new Pool();
    IntStream.range(0, 4)
        .mapToObj(thread ->
            CompletableFuture.runAsync(
                () -> {
                  for (int i = 0; i < 20_000; i++) {
                    float[] one = (float[]) pool.take(DType.F32, 8);
                    float[] two = (float[]) pool.take(DType.F32, 8);
                    one[0] = 2 * thread;
                    two[0] = 2 * thread + 1;
                    Thread.onSpinWait();
                    assertEquals(2 * thread, one[0]);
                    assertEquals(2 * thread + 1, two[0]);
                    pool.give(two);
                    pool.give(one);
                  }
                },
                task -> new Thread(task).start()))
        .toList()
        .forEach(CompletableFuture::join);
  }

  @Property
  void sizeClassesWasteAtMostAQuarter(@ForAll @IntRange(min = 1) int size) {
    int length = Pool.sizeClass(size);
    org.junit.jupiter.api.Assertions.assertTrue(
        length >= Math.min(size, Integer.MAX_VALUE - 8) && length <= Math.max(16, 1.25 * size + 4),
        size + " took " + length);
    assertEquals(length, Pool.sizeClass(length));
  }

  @Test
  void tensorOperationsOnKernelThreadsAreRefused() {
    CpuDevice device = new CpuDevice(1);
    Tensor x = device.with(() -> Tensor.zeros(3));
    device
        .team()
        .split(
            1,
            1,
            1,
            (_, _) -> assertThrows(IllegalStateException.class, () -> device.with(x::exp)));
  }
}
