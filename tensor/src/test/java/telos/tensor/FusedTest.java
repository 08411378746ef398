package telos.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import telos.tensor.fused.AdamW;
import telos.tensor.fused.Attention;
import telos.tensor.fused.CachedAttention;
import telos.tensor.fused.CrossEntropy;
import telos.tensor.fused.Gelu;
import telos.tensor.fused.GeluErf;
import telos.tensor.fused.LayerNorm;
import telos.tensor.fused.Linear;
import telos.tensor.fused.LogSoftmax;
import telos.tensor.fused.LogSumExp;
import telos.tensor.fused.PutAt;
import telos.tensor.fused.RmsNorm;
import telos.tensor.fused.Rotary;
import telos.tensor.fused.Silu;
import telos.tensor.fused.Softmax;

/// The standard fused operations in float64: definitions against plain Java, derivatives against
/// central differences.
class FusedTest {
  private static final Device REFERENCE = Device.of("reference");

  private static <T> T on(Supplier<T> body) {
    return REFERENCE.with(body);
  }

  private static Tensor normal(String name, int... dims) {
    return on(() -> Rng.of(7).fold(name).normal(Shape.of(dims)).cast(DType.F64));
  }

  private static Tensor ints(int... values) {
    return on(() -> Tensor.of(values));
  }

  private static List<Op.Differentiable> differentiable() {
    Tensor x = normal("x", 2, 3, 4);
    Tensor four = normal("four", 4);
    Tensor packed = normal("packed", 2, 5, 8, 4);
    Tensor angle = normal("angle", 5, 2);
    Tensor labels = ints(0, 3, 1, 2, 2, 0).reshape(2, 3);
    return List.of(
        new Softmax(x),
        new LogSoftmax(x),
        new LogSumExp(x),
        new CrossEntropy(x, labels),
        new Gelu(x),
        new GeluErf(x),
        new Silu(x),
        new LayerNorm(x, four, normal("bias", 4), 1e-5),
        new RmsNorm(x, four, 1e-5),
        new Rotary(packed, angle.cos(), angle.sin(), 6),
        new Rotary(packed, normal("c", 2, 5, 2), normal("s", 2, 5, 2), 8),
        new Attention(packed, 4, 2, 0.5f),
        new Linear(x, normal("w", 4, 6), normal("b", 6)),
        new Linear(x, normal("w", 4, 6), null),
        new Linear(x, normal("stack", 2, 4, 6), normal("biases", 2, 6)));
  }

  @TestFactory
  List<DynamicTest> derivativesMeetCentralDifferences() {
    List<DynamicTest> tests = new ArrayList<>();
    for (Op.Differentiable op : differentiable()) {
      for (int input = 0; input < op.inputs().size(); input++) {
        boolean constant =
            op instanceof Rotary && input > 0 || !op.inputs().get(input).dtype().isFloat();
        if (!constant) {
          int i = input;
          tests.add(
              DynamicTest.dynamicTest(
                  op.name() + op.shape() + " by input " + i,
                  () -> on(() -> assertDerivative(op, i))));
        }
      }
    }
    return tests;
  }

  /// `<vjp(g), d> = <g, (f(x + h d) - f(x - h d)) / 2h>` along a random direction `d`.
  private static boolean assertDerivative(Op.Differentiable op, int input) {
    List<Tensor> outputs = op.outputs();
    assertEquals(op.shape(), outputs.getFirst().shape());
    assertEquals(op.dtype(), outputs.getFirst().dtype());
    Tensor g = normal("g", outputs.getFirst().shape().dims());
    Tensor x = op.inputs().get(input);
    Tensor direction = normal("d", x.shape().dims());
    List<@Nullable Tensor> cotangents =
        op.vjp(outputs, Collections.singletonList(g), i -> i == input);
    Tensor cotangent = cotangents.get(input);
    assertEquals(x.shape(), cotangent.shape());
    double h = 1e-5;
    Tensor up = moved(op, input, x.add(direction.mul(h)));
    Tensor down = moved(op, input, x.sub(direction.mul(h)));
    double expected = up.sub(down).mul(g).sum().item() / (2 * h);
    double actual = cotangent.mul(direction).sum().item();
    assertEquals(expected, actual, 1e-7 * Math.max(1, Math.abs(expected)), op.name());
    return true;
  }

  private static Tensor moved(Op.Fused op, int input, Tensor value) {
    List<Tensor> inputs = new ArrayList<>(op.inputs());
    inputs.set(input, value);
    return op.with(inputs).result();
  }

  private static double[] row(Tensor x, int row) {
    int width = x.dim(-1);
    return Arrays.copyOfRange(x.toDoubles(), row * width, (row + 1) * width);
  }

  @Test
  void softmaxFamily() {
    Tensor x = normal("x", 6, 4);
    for (int r = 0; r < 6; r++) {
      double[] in = row(x, r);
      double sum = Arrays.stream(in).map(Math::exp).sum();
      double[] p = Arrays.stream(in).map(v -> Math.exp(v) / sum).toArray();
      assertArrayEquals(p, row(new Softmax(x).result(), r), 1e-14);
      double[] logs = Arrays.stream(p).map(Math::log).toArray();
      assertArrayEquals(logs, row(new LogSoftmax(x).result(), r), 1e-13);
      assertEquals(Math.log(sum), new LogSumExp(x).result().toDoubles()[r], 1e-13);
      double loss = new CrossEntropy(x, ints(0, 1, 2, 3, 0, 1)).result().toDoubles()[r];
      assertEquals(-logs[new int[] {0, 1, 2, 3, 0, 1}[r]], loss, 1e-13);
    }
  }

  @Test
  void softmaxOfFarLogitsIsFinite() {
    Tensor x = on(() -> Tensor.of(new double[] {1e4, -1e4, 0}, 1, 3));
    assertArrayEquals(new double[] {1, 0, 0}, new Softmax(x).result().toDoubles());
    assertArrayEquals(new double[] {0, -2e4, -1e4}, new LogSoftmax(x).result().toDoubles());
    assertArrayEquals(new double[] {2e4}, new CrossEntropy(x, ints(1)).result().toDoubles());
  }

  @Test
  void lossesRefuseOtherShapes() {
    Tensor logits = normal("x", 2, 3, 4);
    var thrown =
        assertThrows(
            IllegalArgumentException.class, () -> new CrossEntropy(logits, ints(0, 1)).result());
    assertTrue(thrown.getMessage().contains("[2]"), thrown.getMessage());
    assertTrue(thrown.getMessage().contains("[2, 3, 4]"), thrown.getMessage());
  }

  @Test
  void norms() {
    Tensor x = normal("x", 3, 4);
    Tensor gain = normal("gain", 4);
    Tensor bias = normal("bias", 4);
    List<Tensor> layer = new LayerNorm(x, gain, bias, 1e-3).outputs();
    List<Tensor> rms = new RmsNorm(x, gain, 1e-3).outputs();
    double[] scale = gain.toDoubles();
    double[] shift = bias.toDoubles();
    for (int r = 0; r < 3; r++) {
      double[] in = row(x, r);
      double mean = Arrays.stream(in).average().orElseThrow();
      double variance = Arrays.stream(in).map(v -> (v - mean) * (v - mean)).sum() / 4;
      double square = Arrays.stream(in).map(v -> v * v).sum() / 4;
      double[] expected = new double[4];
      Arrays.setAll(
          expected, i -> (in[i] - mean) / Math.sqrt(variance + 1e-3) * scale[i] + shift[i]);
      assertArrayEquals(expected, row(layer.get(0), r), 1e-12);
      assertEquals(mean, layer.get(1).toDoubles()[r], 1e-14);
      Arrays.setAll(expected, i -> in[i] / Math.sqrt(square + 1e-3) * scale[i]);
      assertArrayEquals(expected, row(rms.get(0), r), 1e-12);
    }
    Tensor narrow = normal("narrow", 3);
    assertThrows(IllegalArgumentException.class, () -> new LayerNorm(x, narrow, bias, 1e-5));
    assertThrows(IllegalArgumentException.class, () -> new RmsNorm(x, narrow, 1e-5));
  }

  @Test
  void activations() {
    double[] x = {-3, -0.5, 0, 1, 2.5};
    Tensor t = on(() -> Tensor.of(x));
    double[] silu = Arrays.stream(x).map(v -> v / (1 + Math.exp(-v))).toArray();
    assertArrayEquals(silu, new Silu(t).result().toDoubles(), 1e-14);
    double[] exact = {-0.0040496940944, -0.1542687693630, 0, 0.8413447460685, 2.4844758366855};
    assertArrayEquals(exact, new GeluErf(t).result().toDoubles(), 1e-12);
    assertArrayEquals(exact, new Gelu(t).result().toDoubles(), 1e-3);
  }

  @Test
  void rotaryTurnsPairs() {
    Tensor x = normal("x", 1, 2, 3, 4);
    double[] angles = {0, 0, 0.3, 1.1};
    Tensor angle = on(() -> Tensor.of(angles, 2, 2));
    double[] y = new Rotary(x, angle.cos(), angle.sin(), 2).result().toDoubles();
    double[] in = x.toDoubles();
    for (int t = 0; t < 2; t++) {
      for (int h = 0; h < 3; h++) {
        for (int j = 0; j < 2; j++) {
          int u = (t * 3 + h) * 4 + j;
          double a = h < 2 ? angles[t * 2 + j] : 0;
          assertEquals(in[u] * Math.cos(a) - in[u + 2] * Math.sin(a), y[u], 1e-14);
          assertEquals(in[u + 2] * Math.cos(a) + in[u] * Math.sin(a), y[u + 2], 1e-14);
        }
      }
    }
    Rotary all = new Rotary(x, angle.cos(), angle.sin(), 3);
    assertThrows(
        IllegalArgumentException.class, () -> all.vjp(all.outputs(), List.of(x), _ -> true));
    Tensor wrong = normal("wrong", 2, 1);
    assertThrows(IllegalArgumentException.class, () -> new Rotary(x, wrong, wrong, 2));
    assertThrows(IllegalArgumentException.class, () -> new Rotary(x, angle, angle, 4));
  }

  /// Loops: query head `h` looks through key head `h / 2` at positions up to its own.
  private static double[] attended(Tensor qkv, int row, int t, int h, double scale) {
    double[] q = row(qkv, (row * 5 + t) * 8 + h);
    double[] weights = new double[t + 1];
    double[] out = new double[4];
    double total = 0;
    for (int s = 0; s <= t; s++) {
      double[] k = row(qkv, (row * 5 + s) * 8 + 4 + h / 2);
      weights[s] = Math.exp(IntStream.range(0, 4).mapToDouble(d -> q[d] * k[d]).sum() * scale);
      total += weights[s];
    }
    for (int s = 0; s <= t; s++) {
      double[] v = row(qkv, (row * 5 + s) * 8 + 6 + h / 2);
      for (int d = 0; d < 4; d++) {
        out[d] += weights[s] / total * v[d];
      }
    }
    return out;
  }

  @Test
  void attentionLooksBack() {
    Tensor qkv = normal("packed", 2, 5, 8, 4);
    Attention attention = new Attention(qkv, 4, 2, 0.5f);
    Tensor y = attention.result();
    assertEquals(Shape.of(2, 5, 4, 4), y.shape());
    for (int i = 0; i < 2 * 5 * 4; i++) {
      assertArrayEquals(attended(qkv, i / 20, i / 4 % 5, i % 4, 0.5), row(y, i), 1e-13);
    }
    Tensor weights = attention.weights();
    assertEquals(Shape.of(2, 4, 5, 5), weights.shape());
    assertArrayEquals(on(() -> Tensor.ones(40)).toDoubles(), weights.sum(-1).toDoubles(), 1e-14);
    assertThrows(IllegalArgumentException.class, () -> new Attention(qkv, 4, 3, 0.5f));
    assertThrows(IllegalArgumentException.class, () -> new Attention(qkv, 5, 2, 0.5f));
  }

  /// The last three positions against cached blocks, each row at a start of its own.
  @Test
  void cachedAttentionEqualsTheFullRows() {
    Tensor qkv = normal("packed", 2, 5, 8, 4);
    Tensor full = new Attention(qkv, 4, 2, 0.5f).result();
    Tensor keys = qkv.slice(2, 4, 6).permute(0, 2, 3, 1).pad(3, 0, CachedAttention.BLOCK - 5);
    Tensor values = qkv.slice(2, 6, 8).permute(0, 2, 1, 3).pad(2, 0, CachedAttention.BLOCK - 5);
    Tensor queries = qkv.slice(2, 0, 4);
    Tensor late =
        Tensor.concat(
            0,
            List.of(queries.slice(0, 0, 1).slice(1, 2, 4), queries.slice(0, 1, 2).slice(1, 3, 5)));
    CachedAttention cached =
        new CachedAttention(late, List.of(keys), List.of(values), ints(2, 3), 0.5f);
    Tensor expected =
        Tensor.concat(
            0, List.of(full.slice(0, 0, 1).slice(1, 2, 4), full.slice(0, 1, 2).slice(1, 3, 5)));
    assertArrayEquals(expected.toDoubles(), cached.result().toDoubles(), 1e-14);
    assertEquals(cached.inputs(), cached.with(cached.inputs()).inputs());
    assertEquals(cached.shape(), cached.result().shape());
    assertThrows(
        IllegalArgumentException.class,
        () -> new CachedAttention(late, List.of(), List.of(), ints(2, 3), 0.5f));
  }

  @Test
  void putAtReplacesOnePositionARow() {
    Tensor x = normal("x", 3, 2, 4);
    Tensor value = normal("value", 3, 2);
    PutAt put = new PutAt(x, value, ints(0, 3, 9), 2);
    double[] expected = x.toDoubles();
    for (int j = 0; j < 2; j++) {
      expected[j * 4] = value.toDoubles()[j];
      expected[8 + j * 4 + 3] = value.toDoubles()[2 + j];
    }
    assertArrayEquals(expected, put.result().toDoubles());
    assertEquals(put.inputs(), put.with(put.inputs()).inputs());
    assertThrows(IllegalArgumentException.class, () -> new PutAt(x, value, ints(0, 1, 2), 0));
    assertThrows(IllegalArgumentException.class, () -> new PutAt(x, value, ints(0, 1), 2));
  }

  @Test
  void linear() {
    Tensor x = normal("x", 2, 3, 4);
    Tensor w = normal("stack", 2, 4, 6);
    Tensor b = normal("biases", 2, 6);
    double[] y = new Linear(x, w, b).result().toDoubles();
    for (int i = 0; i < y.length; i++) {
      int e = i / 18;
      int o = i % 6;
      double sum = b.toDoubles()[e * 6 + o];
      for (int k = 0; k < 4; k++) {
        sum += x.toDoubles()[i / 6 * 4 + k] * w.toDoubles()[(e * 4 + k) * 6 + o];
      }
      assertEquals(sum, y[i], 1e-13);
    }
    Tensor flat = normal("b", 6);
    var thrown = assertThrows(IllegalArgumentException.class, () -> new Linear(x, w, flat));
    assertTrue(thrown.getMessage().contains("bias [6]"), thrown.getMessage());
    assertThrows(IllegalArgumentException.class, () -> new Linear(w, x, null));
    Linear plain = new Linear(x, normal("w", 4, 6), flat);
    List<@Nullable Tensor> none = plain.vjp(plain.outputs(), List.of(plain.result()), _ -> false);
    none.forEach(gradient -> assertNull(gradient));
  }

  @Test
  void adamWFollowsItsFormula() {
    List<Tensor> leaves = List.of(normal("w", 3), normal("v", 2));
    List<Tensor> gradients = List.of(normal("gw", 3), normal("gv", 2));
    List<Tensor> first = List.of(normal("mw", 3), normal("mv", 2));
    List<Tensor> second = List.of(normal("sw", 3).square(), normal("sv", 2).square());
    var rates = new AdamW.Rates(0.01, 0.9, 0.999, 1e-8, List.of(0.1, 0.0), 3);
    AdamW step = new AdamW(leaves, gradients, first, second, rates);
    assertEquals(6, step.resultCount());
    List<Tensor> outputs = step.with(step.inputs()).outputs();
    for (int leaf = 0; leaf < 2; leaf++) {
      double[] w = leaves.get(leaf).toDoubles();
      double[] g = gradients.get(leaf).toDoubles();
      for (int i = 0; i < w.length; i++) {
        double m = 0.9 * first.get(leaf).toDoubles()[i] + 0.1 * g[i];
        double v = 0.999 * second.get(leaf).toDoubles()[i] + 0.001 * g[i] * g[i];
        double corrected = m / (1 - Math.pow(0.9, 3));
        double scale = Math.sqrt(v / (1 - Math.pow(0.999, 3))) + 1e-8;
        double next = w[i] * (1 - 0.01 * (leaf == 0 ? 0.1 : 0)) - 0.01 * corrected / scale;
        assertEquals(next, outputs.get(leaf).toDoubles()[i], 1e-12);
        assertEquals(m, outputs.get(2 + leaf).toDoubles()[i], 1e-14);
        assertEquals(v, outputs.get(4 + leaf).toDoubles()[i], 1e-14);
      }
    }
  }

  /// Every fused operation can be made again from its own inputs.
  @Test
  void withIsTheInverseOfInputs() {
    for (Op.Differentiable op : differentiable()) {
      assertEquals(op.inputs(), op.with(op.inputs()).inputs());
      assertArrayEquals(
          op.result().toDoubles(), op.with(op.inputs()).result().toDoubles(), op.name());
    }
  }
}
