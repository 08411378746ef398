package telos.devices.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import telos.tensor.DType;
import telos.tensor.Device;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.fused.MaximumGrad;

/// Elementwise, movement and index kernels at sizes that take every path: one piece and many,
/// spread operands, blocks of a transposition, every tail. What does not round must agree with the
/// reference device exactly.
final class ElementwiseTest {
  private static final Device CPU = new CpuDevice(2);
  private static final Device REFERENCE = Device.of("reference");

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

  /// Every second time with an infinity, a NaN and zeros of both signs among the numbers.
  private static Tensor values(int seed, Shape shape) {
    float[] values = Samples.floats(seed, shape.size(), 4);
    float[] specials = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 0f, -0f, 0f};
    for (int i = 0; i < values.length; i++) {
      int h = Math.floorMod(Samples.hash(seed + 7 * i), 40);
      values[i] = seed % 2 == 0 && h < specials.length ? specials[h] : Math.round(values[i]);
    }
    return Tensor.of(values, shape.dims());
  }

  /// The shape with extent 1 where the bit is not set; without its first axes for numbers above 7.
  private static Shape masked(int bits, int... dims) {
    int[] own = dims.clone();
    for (int i = 0; i < own.length; i++) {
      own[i] = (bits >> i & 1) == 0 ? 1 : own[i];
    }
    return bits == 8 ? Shape.of(dims[dims.length - 1]) : Shape.of(own);
  }

  @Property(tries = 60)
  void broadcasts(
      @ForAll @IntRange(min = 1, max = 4) int a,
      @ForAll @IntRange(min = 1, max = 70) int b,
      @ForAll @IntRange(min = 1, max = 5000) int c,
      @ForAll @IntRange(min = 0, max = 8) int left,
      @ForAll @IntRange(min = 0, max = 8) int right,
      @ForAll @IntRange(min = 0, max = 7) int third,
      @ForAll @IntRange(min = 1, max = 20) int seed) {
    int d = Math.min(c, 40_000 / (a * b) + 1);
    Supplier<Tensor> x = () -> values(seed, masked(right == 8 ? left % 8 | 4 : left, a, b, d));
    Supplier<Tensor> y = () -> values(seed + 2, masked(left == 8 ? right % 8 | 4 : right, a, b, d));
    Supplier<Tensor> mask = () -> values(1, masked(third, a, b, d)).lt(0);
    same(() -> x.get().add(y.get()));
    same(() -> x.get().maximum(y.get()));
    same(() -> x.get().lt(y.get()));
    same(() -> y.get().le(x.get()));
    same(() -> x.get().eq(y.get()));
    if (left < 8 && right < 8) {
      same(() -> mask.get().where(x.get(), y.get()));
      same(() -> mask.get().and(x.get().eq(x.get())).where(y.get().lt(0), mask.get()));
    }
  }

  @Property(tries = 40)
  void theGradientOfMaximumIsItsDefinition(
      @ForAll @IntRange(min = 1, max = 5) int a,
      @ForAll @IntRange(min = 1, max = 3000) int b,
      @ForAll @IntRange(min = 0, max = 3) int left,
      @ForAll @IntRange(min = 0, max = 3) int right,
      @ForAll @IntRange(min = 1, max = 20) int seed) {
    CPU.with(() -> {
      Tensor x = values(seed, masked(left, a, b));
      Tensor y = values(seed + 2, masked(right, a, b));
      Tensor g = values(seed + 1, x.add(y).shape());
      var op = new MaximumGrad(x, y, g);
      int[] expected = bits(op.definition().getFirst());
      assertArrayEquals(expected, bits(op.result()));
      return null;
    });
  }

  private static int[] bits(Tensor x) {
    float[] values = x.toFloats();
    int[] bits = new int[values.length];
    Arrays.setAll(bits, i -> Float.floatToIntBits(values[i]));
    return bits;
  }

  @Test
  void functionsWithoutRounding() {
    for (int n : new int[] {1, 15, 16, 17, 8192, 8193, 300_001}) {
      for (int seed : new int[] {1, 2}) {
        Supplier<Tensor> x = () -> values(seed, Shape.of(n));
        same(() -> x.get().neg());
        same(() -> x.get().abs());
        same(() -> x.get().sign());
        same(() -> x.get().relu());
        same(() -> x.get().cast(DType.BOOL));
      }
    }
  }

  @Property(tries = 40)
  void integersAndMasks(
      @ForAll @IntRange(min = 1, max = 90) int a,
      @ForAll @IntRange(min = 1, max = 300) int b,
      @ForAll @IntRange(min = 0, max = 3) int left,
      @ForAll @IntRange(min = 0, max = 3) int right) {
    Supplier<Tensor> x = () -> values(1, masked(left, a, b)).cast(DType.I32);
    Supplier<Tensor> y = () -> values(3, masked(right, a, b)).cast(DType.I32);
    same(() -> x.get().add(y.get()).sub(x.get().mul(y.get())));
    same(() -> x.get().maximum(y.get()).mul(1_000_003).minimum(x.get().mul(-77_777)));
    same(() -> x.get().lt(y.get()).or(x.get().eq(y.get())));
    same(() -> x.get().lt(y.get()).eq(x.get().le(y.get())));
    same(() -> x.get().lt(y.get()).where(x.get(), y.get()));
    same(() -> x.get().lt(0).where(x.get().eq(1), y.get().eq(2)));
    same(() -> x.get().cast(DType.BOOL).cast(DType.I32).cast(DType.F64).cast(DType.F32));
    same(() -> x.get().cast(DType.F64).cast(DType.I32).cast(DType.F32).cast(DType.F64));
    same(() -> x.get().cast(DType.BOOL).cast(DType.F64));
  }

  @Property(tries = 40)
  void extremesAndRunningSums(
      @ForAll @IntRange(min = 1, max = 40) int outer,
      @ForAll @IntRange(min = 1, max = 700) int extent,
      @ForAll @IntRange(min = 1, max = 300) int inner,
      @ForAll @IntRange(min = 1, max = 20) int seed) {
    int columns = Math.min(inner, 60_000 / (outer * extent) + 1);
    for (Shape shape : List.of(Shape.of(outer, extent), Shape.of(outer, extent, columns))) {
      same(() -> values(seed, shape).max(1).add(0));
      same(() -> values(seed, shape).argMax(1));
      same(() -> values(seed | 1, shape).cumSum(1).add(0));
    }
    CPU.with(() -> {
      float[] zeros = new float[extent];
      Arrays.fill(zeros, -0f);
      float most = Tensor.of(zeros, extent).max(0).toFloats()[0];
      assertEquals(-0f, most);
      zeros[extent / 2] = 0f;
      assertEquals(0f, Tensor.of(zeros, extent).max(0).toFloats()[0]);
      return null;
    });
  }

  @Property(tries = 60)
  void movement(
      @ForAll @IntRange(min = 1, max = 5) int a,
      @ForAll @IntRange(min = 1, max = 90) int b,
      @ForAll @IntRange(min = 1, max = 90) int c,
      @ForAll @IntRange(min = 1, max = 8) int d,
      @ForAll @IntRange(min = 0, max = 3) int type,
      @ForAll @IntRange(min = 0, max = 23) int order) {
    DType dtype = List.of(DType.F32, DType.I32, DType.BOOL, DType.F64).get(type);
    Supplier<Tensor> x = () -> values(1, Shape.of(a, b, c, d)).cast(dtype);
    same(() -> x.get().permute(permutation(order)));
    same(() -> x.get().pad(order % 4, 2, 3).pad(order / 4 % 4, 1, 0));
    same(() -> x.get().flip(order % 4).flip(order / 6));
    same(() -> x.get().slice(new int[] {0, b / 2, 0, d / 2}, new int[] {a, b, c, d}, steps(order)));
    same(() -> x.get().slice(order % 4, 0, 1).expand(stretched(order % 4, 37, a, b, c, d)));
    same(() -> Tensor.concat(order % 4, List.of(x.get(), x.get().flip(1), x.get())));
  }

  @Test
  void longRunsAreSharedOut() {
    Supplier<Tensor> x = () -> values(1, Shape.of(3, 100_003));
    same(() -> x.get().flip(0));
    same(() -> x.get().flip(1));
    same(() -> x.get().slice(1, 1, 100_000));
    same(() -> x.get().pad(0, 1, 1).pad(1, 2, 1));
    same(() -> Tensor.concat(1, List.of(x.get(), x.get())));
    same(() -> x.get().slice(0, 1, 2).expand(4, 100_003));
    same(() -> x.get().permute(1, 0));
    same(() -> x.get().slice(1, 5, 6).expand(3, 70_001));
  }

  private static int[] steps(int order) {
    return new int[] {1, 1 + order % 2, 1 + order / 2 % 3, 1 + order / 6 % 2};
  }

  private static int[] stretched(int axis, int extent, int... dims) {
    dims[axis] = extent;
    return dims;
  }

  private static int[] permutation(int number) {
    List<Integer> left = new ArrayList<>(List.of(0, 1, 2, 3));
    int[] order = new int[4];
    for (int i = 0, rest = number; i < 4; i++) {
      order[i] = left.remove(/* index */ rest % left.size());
      rest /= 4 - i;
    }
    return order;
  }

  @Property(tries = 40)
  void indices(
      @ForAll @IntRange(min = 1, max = 6) int outer,
      @ForAll @IntRange(min = 1, max = 60) int extent,
      @ForAll @IntRange(min = 1, max = 600) int inner,
      @ForAll @IntRange(min = 0, max = 200) int picks) {
    int columns = picks % 3 == 0 ? 1 : inner;
    int[] index = Samples.ints(5, picks, extent);
    same(() -> values(2, Shape.of(outer, extent, columns)).gather(1, Tensor.of(index)));
    same(() -> values(1, Shape.of(outer, picks, columns)).scatterAdd(1, Tensor.of(index), extent));
  }
}
