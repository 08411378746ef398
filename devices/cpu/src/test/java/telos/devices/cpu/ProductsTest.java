package telos.devices.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static telos.devices.cpu.MatMulTest.random;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.FloatRange;
import net.jqwik.api.constraints.IntRange;
import telos.tensor.DType;
import telos.tensor.Device;
import telos.tensor.Op;
import telos.tensor.Tensor;
import telos.tensor.fused.Attention;
import telos.tensor.fused.AttentionGrad;
import telos.tensor.fused.CachedAttention;
import telos.tensor.fused.Linear;
import telos.tensor.fused.NarrowLinear;

/// Products as operations: against the reference device, and against the definitions.
class ProductsTest {
  private static final CpuDevice CPU = new CpuDevice(2);
  private static final Device REFERENCE = Device.of("reference");

  private static Tensor tensor(Device device, long seed, int... dims) {
    return device.with(() -> {
      int size = 1;
      for (int dim : dims) {
        size *= dim;
      }
      return Tensor.of(random(size, seed), dims);
    });
  }

  @Property(tries = 60)
  void stacksStretchAsTheReferenceDoes(
      @ForAll @IntRange(min = 1, max = 3) int p,
      @ForAll @IntRange(min = 1, max = 3) int q,
      @ForAll @IntRange(min = 1, max = 9) int m,
      @ForAll @IntRange(min = 1, max = 9) int n,
      @ForAll @IntRange(min = 0, max = 9) int k,
      @ForAll @IntRange(max = 4) int form,
      @ForAll boolean transposeA,
      @ForAll boolean transposeB,
      @ForAll long seed) {
    int[] a = transposeA ? new int[] {p, q, k, m} : new int[] {p, q, m, k};
    int[] b = transposeB ? new int[] {p, q, n, k} : new int[] {p, q, k, n};
    switch (form) {
      case 0 -> a[0] = 1;
      case 1 -> b[0] = 1;
      case 2 -> a[1] = b[0] = 1;
      case 3 -> b = new int[] {b[2], b[3]};
      default -> {}
    }
    Tensor cpu = tensor(CPU, seed, a).matMul(tensor(CPU, seed + 1, b), transposeA, transposeB);
    Tensor reference =
        tensor(REFERENCE, seed, a).matMul(tensor(REFERENCE, seed + 1, b), transposeA, transposeB);
    assertEquals(reference.shape(), cpu.shape());
    assertArrayEquals(reference.toFloats(), cpu.toFloats(), 1e-5f);
  }

  @Property(tries = 40)
  void convolutionAgreesWithTheReference(
      @ForAll @IntRange(min = 1, max = 3) int batch,
      @ForAll @IntRange(min = 1, max = 3) int channels,
      @ForAll @IntRange(min = 4, max = 9) int height,
      @ForAll @IntRange(min = 4, max = 9) int width,
      @ForAll @IntRange(min = 1, max = 7) int outputs,
      @ForAll @IntRange(min = 1, max = 4) int kernel,
      @ForAll @IntRange(min = 1, max = 3) int stride,
      @ForAll @IntRange(max = 2) int padding,
      @ForAll long seed) {
    List<float[]> results = new ArrayList<>();
    for (Device device : List.of(REFERENCE, CPU)) {
      Tensor x = tensor(device, seed, batch, channels, height, width);
      Tensor w = tensor(device, seed + 1, outputs, channels, kernel, 3);
      results.add(x.conv2d(w, stride, padding).toFloats());
    }
    assertArrayEquals(results.get(0), results.get(1), 1e-4f);
  }

  @Property(tries = 30)
  void linearHasTheBitsOfItsDefinitionPackedOrNot(
      @ForAll @IntRange(min = 1, max = 3) int stack,
      @ForAll @IntRange(min = 1, max = 70) int rows,
      @ForAll @IntRange(min = 1, max = 130) int in,
      @ForAll @IntRange(min = 1, max = 130) int out,
      @ForAll boolean stacked,
      @ForAll long seed) {
    Tensor x = stacked ? tensor(CPU, seed, stack, rows, in) : tensor(CPU, seed, rows, stack, in);
    Tensor w = stacked ? tensor(CPU, seed + 1, stack, in, out) : tensor(CPU, seed + 1, in, out);
    Tensor b = stacked ? tensor(CPU, seed + 2, stack, out) : tensor(CPU, seed + 2, out);
    Linear linear = new Linear(x, w, b);
    float[] definition = CPU.with(linear::definition).getFirst().toFloats();
    for (int round = 0; round < 3; round++) {
      assertArrayEquals(definition, kernel(linear).getFirst().toFloats(), "round " + round);
    }
  }

  @Example
  void aPackedCopyIsMadeOnTheSecondUseAndServesOneForm() {
    Tensor w = tensor(CPU, 1, 128, 64);
    Product plain = Product.of(4, 64, 128, false, false);
    Product turned = Product.of(4, 128, 64, false, true);
    assertNull(CPU.packed(w, plain));
    PackedMatrix copy = CPU.packed(w, plain);
    assertNotNull(copy);
    assertSame(copy, CPU.packed(w, plain));
    assertNull(CPU.packed(w, turned));
    assertNull(CPU.packed(w, Product.of(4096, 64, 128, false, false)));
    Tensor other = tensor(CPU, 1, 128, 64);
    CPU.packed(other, plain);
    assertNotSame(copy, CPU.packed(other, plain));
  }

  /// From the second use on a few rows read the copy; the third finds it.
  @Property(tries = 60)
  void narrowWeightsHaveTheBitsOfTheDefinition(
      @ForAll @IntRange(min = 1, max = 40) int rows,
      @ForAll boolean single,
      @ForAll @IntRange(min = 1, max = 600) int in,
      @ForAll @IntRange(min = 1, max = 150) int out,
      @ForAll boolean bytes,
      @ForAll boolean transposed,
      @ForAll @IntRange(max = 3) int epilogue,
      @ForAll long seed) {
    DType dtype = bytes ? DType.I8 : DType.BF16;
    Tensor x = tensor(CPU, seed, single ? 1 : rows, in);
    int[] dims = transposed ? new int[] {out, in} : new int[] {in, out};
    Tensor w = CPU.with(() -> tensor(CPU, seed + 1, dims).mul(100).cast(dtype));
    Tensor scale = epilogue % 2 == 0 ? null : tensor(CPU, seed + 2, out);
    Tensor b = epilogue < 2 ? null : tensor(CPU, seed + 3, out);
    NarrowLinear linear = new NarrowLinear(x, w, scale, b, transposed);
    float[] definition = CPU.with(linear::definition).getFirst().toFloats();
    for (int round = 0; round < 3; round++) {
      assertArrayEquals(definition, kernel(linear).getFirst().toFloats(), "round " + round);
    }
  }

  @Example
  void narrowWeightsKeepOneCopyWhoseMemoryCounts() {
    Tensor w = CPU.with(() -> tensor(CPU, 1, 200, 300).mul(100).cast(DType.I8));
    Product plain = Product.of(1, 300, 200, false, false);
    Product turned = Product.of(1, 200, 300, false, false);
    long before = CPU.memory().packed();
    assertNull(CPU.narrow(w, plain, false));
    Object copy = CPU.narrow(w, plain, false);
    assertNotNull(copy);
    assertSame(copy, CPU.narrow(w, plain, false));
    assertNull(CPU.narrow(w, turned, true));
    assertNull(CPU.narrow(w, Product.of(4096, 300, 200, false, false), false));
    assertTrue(CPU.memory().packed() - before >= 200 * 300);
    w.storage().consume();
    assertEquals(before, CPU.memory().packed());
  }

  @Property(tries = 40)
  void castsOfNarrowTypesAreTheReferences(
      @ForAll @IntRange(min = 1, max = 100) int size,
      @ForAll @FloatRange(min = 0.01f, max = 1000) float width,
      @ForAll long seed) {
    for (DType dtype : List.of(DType.BF16, DType.I8)) {
      List<float[]> results = new ArrayList<>();
      for (Device device : List.of(REFERENCE, CPU)) {
        Tensor x = tensor(device, seed, size).mul(width);
        Tensor special = device.with(() -> Tensor.of(Float.NaN, -0f, 1e38f, -1e38f, 0.5f, 1.5f));
        Tensor all = Tensor.concat(0, List.of(x, special));
        results.add(all.cast(dtype).cast(DType.F32).toFloats());
      }
      assertArrayEquals(results.get(0), results.get(1), dtype.toString());
    }
  }

  @Property(tries = 25)
  void attentionHasTheBitsOfItsDefinition(
      @ForAll @IntRange(min = 1, max = 2) int batch,
      @ForAll @IntRange(min = 1, max = 140) int length,
      @ForAll @IntRange(min = 1, max = 2) int keyHeads,
      @ForAll @IntRange(min = 1, max = 2) int group,
      @ForAll @IntRange(min = 1, max = 40) int size,
      @ForAll @IntRange(min = 1, max = 150) int window,
      @ForAll long seed) {
    int heads = keyHeads * group;
    Tensor qkv = tensor(CPU, seed, batch, length, heads + 2 * keyHeads, size);
    checkAttention(new Attention(qkv, heads, keyHeads, 0.3f), seed);
    checkAttention(new Attention(qkv, heads, keyHeads, 0.3f, window), seed);
  }

  @Example
  void attentionOverSeveralBlocksHasTheBitsOfItsDefinition() {
    Tensor qkv = tensor(CPU, 3, 1, 600, 6, 64);
    checkAttention(new Attention(qkv, 4, 1, 0.125f), 3);
    for (int window : new int[] {1, 64, 200, 511}) {
      checkAttention(new Attention(qkv, 4, 1, 0.125f, window), 3);
    }
  }

  private static void checkAttention(Attention attention, long seed) {
    List<Tensor> expected = CPU.with(attention::definition);
    List<Tensor> actual = kernel(attention);
    for (int i = 0; i < 2; i++) {
      assertArrayEquals(expected.get(i).toFloats(), actual.get(i).toFloats(), "output " + i);
    }
    int[] dims = attention.shape().dims();
    AttentionGrad grad =
        new AttentionGrad(attention, actual.get(0), actual.get(1), tensor(CPU, seed + 7, dims));
    float[] definition = CPU.with(grad::definition).getFirst().toFloats();
    float[] kernel = kernel(grad).getFirst().toFloats();
    for (int i = 0; i < kernel.length; i++) {
      assertEquals(definition[i] + 0f, kernel[i] + 0f, "element " + i);
    }
  }

  @Example
  void cachedAttentionHasTheBitsOfItsDefinition() {
    Tensor q = tensor(CPU, 1, 2, 3, 4, 16);
    List<Tensor> keys = new ArrayList<>();
    List<Tensor> values = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      keys.add(tensor(CPU, 10 + i, 2, 2, 16, 64));
      values.add(tensor(CPU, 20 + i, 2, 2, 64, 16));
    }
    Tensor start = CPU.with(() -> Tensor.of(new int[] {0, 311}));
    for (int window : new int[] {Attention.ALL, 1, 63, 64, 130, 257, 313}) {
      CachedAttention cached = new CachedAttention(q, keys, values, start, 0.25f, window);
      float[] expected = CPU.with(cached::definition).getFirst().toFloats();
      assertArrayEquals(expected, kernel(cached).getFirst().toFloats(), "window " + window);
    }
  }

  /// Sums over more than two blocks, the first of them before the window.
  @Example
  void cachedWindowsFarFromTheStartToo() {
    Tensor q = tensor(CPU, 1, 1, 1, 1, 2);
    List<Tensor> keys = new ArrayList<>();
    List<Tensor> values = new ArrayList<>();
    for (int i = 0; i < 201; i++) {
      keys.add(tensor(CPU, 10 + i, 1, 1, 2, 64));
      values.add(tensor(CPU, 300 + i, 1, 1, 64, 2));
    }
    Tensor start = CPU.with(() -> Tensor.of(new int[] {12_800}));
    for (int window : new int[] {Attention.ALL, 8000, 5000, 300}) {
      CachedAttention cached = new CachedAttention(q, keys, values, start, 0.25f, window);
      float[] expected = CPU.with(cached::definition).getFirst().toFloats();
      assertArrayEquals(expected, kernel(cached).getFirst().toFloats(), "window " + window);
    }
  }

  private static List<Tensor> kernel(Op.Fused op) {
    List<Tensor> results = CPU.run(op);
    assertNotNull(results, "no kernel ran");
    return results;
  }
}
