package telos.autograd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.function.IntPredicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import telos.tensor.DType;
import telos.tensor.Device;
import telos.tensor.Fixed;
import telos.tensor.Op;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.fused.Attention;
import telos.tensor.fused.CrossEntropy;
import telos.tensor.fused.Gelu;
import telos.tensor.fused.LayerNorm;
import telos.tensor.fused.Linear;
import telos.tensor.fused.LogSumExp;
import telos.tensor.fused.RmsNorm;
import telos.tensor.fused.Rotary;
import telos.tensor.fused.Softmax;

/// Every rule against central differences, orders 1 and 2, and the kinks against what is promised.
class VjpTest {
  private static final Device REFERENCE = Device.of("reference");
  private static final Tensor MASK =
      REFERENCE.with(() -> Tensor.of(new boolean[] {true, false, true}, 3));

  /// Away from 0 and from each other.
  private static Tensor sample(int... dims) {
    Shape shape = Shape.of(dims);
    SplittableRandom random = new SplittableRandom(shape.hashCode());
    double[] values = new double[shape.size()];
    for (int i = 0; i < values.length; i++) {
      double size = 0.3 + 1.4 * ((i * 7 + 3) % 31) / 31 + 0.01 * random.nextDouble();
      values[i] = random.nextBoolean() ? size : -size;
    }
    return Tensor.of(values, dims);
  }

  private static Tensor positive(int... dims) {
    return sample(dims).abs();
  }

  private static DynamicTest of(String name, Function<Tensor, Tensor> function, Tensor x) {
    return DynamicTest.dynamicTest(name, () -> GradCheck.STANDARD.require(name, function, x));
  }

  private static DynamicTest of(
      String name, Function<List<Tensor>, Tensor> function, Tensor a, Tensor b) {
    return DynamicTest.dynamicTest(
        name, () -> GradCheck.STANDARD.require(name, function, List.of(a, b)));
  }

  private static DynamicTest of(Op.Fused op, String... inputs) {
    GradCheck check = GradCheck.STANDARD.withPaths(List.of(inputs)::contains);
    return DynamicTest.dynamicTest(op.name(), () -> check.require(op));
  }

  @TestFactory
  Stream<DynamicTest> unary() {
    return Stream.of(
        of("neg", Tensor::neg, sample(3)),
        of("recip", Tensor::recip, sample(3)),
        of("exp", Tensor::exp, sample(3)),
        of("log", Tensor::log, positive(3)),
        of("log1p", Tensor::log1p, positive(3)),
        of("sqrt", Tensor::sqrt, positive(3)),
        of("rsqrt", Tensor::rsqrt, positive(3)),
        of("sin", Tensor::sin, sample(3)),
        of("cos", Tensor::cos, sample(3)),
        of("tanh", Tensor::tanh, sample(3)),
        of("sigmoid", Tensor::sigmoid, sample(3)),
        of("erf", Tensor::erf, sample(3)),
        of("abs", x -> x.abs().mul(x), sample(3)),
        of("sign", x -> x.sign().mul(x), sample(3)),
        of("floor", x -> x.floor().mul(x), sample(3)),
        of("cast", x -> x.cast(DType.F64).square(), sample(3)),
        of("toDevice", x -> x.to(REFERENCE).square(), sample(3)));
  }

  private static Function<List<Tensor>, Tensor> pair(BinaryOperator<Tensor> function) {
    return both -> function.apply(both.get(0), both.get(1));
  }

  @TestFactory
  Stream<DynamicTest> binary() {
    Stream.Builder<DynamicTest> tests = Stream.builder();
    int[][][] shapes = {
      {{2, 3}, {2, 3}},
      {{2, 3}, {}},
      {{}, {2, 3}},
      {{3}, {2, 3}},
      {{2, 1}, {2, 3}},
      {{2, 2, 3}, {1, 2, 1}},
      {{2, 3}, {1, 1}},
      {{0, 3}, {0, 3}}
    };
    for (int[][] shape : shapes) {
      String suffix = " " + Shape.of(shape[0]) + Shape.of(shape[1]);
      Tensor a = sample(shape[0]);
      Tensor b = sample(shape[1]).mul(0.9);
      tests.add(of("add" + suffix, pair((p, q) -> p.add(q).square()), a, b));
      tests.add(of("sub" + suffix, pair((p, q) -> p.sub(q).square()), a, b));
      tests.add(of("mul" + suffix, pair(Tensor::mul), a, b));
      tests.add(of("div" + suffix, pair(Tensor::div), a, b));
      tests.add(of("pow" + suffix, pair(Tensor::pow), a.abs(), b));
      tests.add(of("maximum" + suffix, pair((p, q) -> p.maximum(q).square()), a, b));
      tests.add(of("minimum" + suffix, pair((p, q) -> p.minimum(q).square()), a, b));
      tests.add(of("where" + suffix, pair((p, q) -> p.gt(q).where(p, q).square()), a, b));
    }
    return tests.build();
  }

  @TestFactory
  Stream<DynamicTest> alongAxes() {
    return Stream.of(
        of("sum", x -> x.sum(1).square(), sample(2, 3, 2)),
        of("sumAll", x -> x.sum().square(), sample(2, 3)),
        of("mean", x -> x.mean(0).square(), sample(2, 3)),
        of("max", x -> x.max(1).square(), sample(2, 3, 2)),
        of("cumSum", x -> x.cumSum(1).square(), sample(2, 3, 2)),
        of("whereMask", x -> MASK.where(x.square(), x), sample(2, 3)));
  }

  @TestFactory
  Stream<DynamicTest> products() {
    Stream.Builder<DynamicTest> tests = Stream.builder();
    for (int flags = 0; flags < 4; flags++) {
      boolean ta = (flags & 1) != 0;
      boolean tb = (flags & 2) != 0;
      String name = "matMul " + ta + " " + tb;
      Function<List<Tensor>, Tensor> product = pair((p, q) -> p.matMul(q, ta, tb));
      int[] a = ta ? new int[] {3, 2} : new int[] {2, 3};
      int[] b = tb ? new int[] {4, 3} : new int[] {3, 4};
      tests.add(of(name, product, sample(a), sample(b)));
      tests.add(of(name + " stack", product, sample(2, a[0], a[1]), sample(2, b[0], b[1])));
      tests.add(of(name + " one right", product, sample(2, a[0], a[1]), sample(b)));
      tests.add(of(name + " right 1", product, sample(2, a[0], a[1]), sample(1, b[0], b[1])));
      tests.add(of(name + " left 1", product, sample(1, a[0], a[1]), sample(2, b[0], b[1])));
    }
    for (int stride = 1; stride < 4; stride++) {
      for (int padding = 0; padding < 4; padding++) {
        int s = stride;
        int p = padding;
        String name = "conv2d stride " + s + " padding " + p;
        tests.add(
            of(name, pair((x, w) -> x.conv2d(w, s, p)), sample(1, 2, 5, 4), sample(2, 2, 3, 2)));
      }
    }
    return tests.build();
  }

  @TestFactory
  Stream<DynamicTest> movement() {
    Tensor index = REFERENCE.with(() -> Tensor.of(new int[] {2, 0, 2, 1}, Shape.of(2, 2)));
    return Stream.of(
        of("reshape", x -> x.reshape(3, 2).square(), sample(2, 3)),
        of("permute", x -> x.permute(2, 0, 1).square(), sample(2, 3, 2)),
        of("expand", x -> x.expand(2, 3, 2).square(), sample(2, 1, 2)),
        of("pad", x -> x.pad(1, 1, 2).square(), sample(2, 3)),
        of("slice", x -> x.slice(1, 1, 3).square(), sample(2, 4)),
        of(
            "slice steps",
            x -> x.slice(new int[] {1, 0}, new int[] {5, 4}, new int[] {2, 3}).square(),
            sample(6, 5)),
        of("slice nothing", x -> x.slice(0, 1, 1).sum().add(x.sum().square()), sample(2)),
        of("flip", x -> x.flip(0, 2).square(), sample(2, 3, 2)),
        of(
            "concat",
            pair((a, b) -> Tensor.concat(1, List.of(a, b, a)).square()),
            sample(2, 1),
            sample(2, 3)),
        of("gather", x -> x.gather(1, index).square(), sample(2, 3, 2)),
        of("scatterAdd", x -> x.scatterAdd(1, index, 4).square(), sample(2, 2, 2, 2)),
        of("pick", x -> x.pick(Tensor.of(1, 0)).square(), sample(2, 3)),
        of("stopGradient", x -> x.mul(x.square().sub(x.square()).stopGradient()), sample(3)));
  }

  @TestFactory
  Stream<DynamicTest> fused() {
    Tensor angle = sample(3, 2);
    return Stream.of(
        of(new LayerNorm(sample(3, 4), positive(4), sample(4), 1e-5), "0", "1", "2"),
        of(new RmsNorm(sample(3, 4), positive(4), 1e-6), "0", "1"),
        of(new Softmax(sample(2, 3)), "0"),
        of(new LogSumExp(sample(2, 3)), "0"),
        of(new CrossEntropy(sample(2, 3), Tensor.of(2, 0)), "0"),
        of(new Gelu(sample(4)), "0"),
        of(new Linear(sample(2, 2, 3), sample(3, 2), sample(2)), "0", "1", "2"),
        of(new Linear(sample(2, 4, 3), sample(2, 3, 2), sample(2, 2)), "0", "1", "2"),
        of(new Rotary(sample(1, 3, 2, 4), angle.cos(), angle.sin(), 1), "0"),
        of(new Attention(sample(1, 3, 4, 2), 2, 1, 0.7f), "0"));
  }

  private static double[] gradient(Function<Tensor, Tensor> function, double... x) {
    return Grad.grad(v -> function.apply(v).sum(), Tensor.of(x)).toDoubles();
  }

  /// Equal as numbers: -0 is 0.
  private static void same(double[] expected, double[] actual) {
    assertArrayEquals(expected, actual, 1e-300);
  }

  @Test
  void tiesShareTheDerivative() {
    same(new double[] {0.5, 0, 1}, gradient(Tensor::relu, 0, -1, 2));
    same(
        new double[] {1, 1}, gradient(x -> x.maximum(x.stopGradient().add(x).sub(x)).mul(2), 3, 4));
    same(new double[] {0.5, 0, 0.5}, gradient(Tensor::max, 2, 1, 2));
    same(new double[] {0, 1, 0}, gradient(Tensor::min, 2, 1, 2));
    same(new double[] {0, 0}, gradient(Tensor::abs, 0, -0.0));
    same(new double[] {0, 0}, gradient(Tensor::floor, 0.5, 2));
    same(new double[] {0}, gradient(x -> x.cast(DType.I32).cast(DType.F64), 2.5));
  }

  @Test
  void powersAtZero() {
    for (double power : new double[] {0, 1, 2, 3}) {
      double[] expected = {power == 1 ? 1 : 0};
      assertArrayEquals(expected, gradient(x -> x.pow(power), 0), "power " + power);
    }
    Function<Tensor, Tensor> slope = x -> Grad.grad(v -> v.pow(2).sum(), x);
    assertArrayEquals(new double[] {2, 2}, gradient(slope, 0, -1));
    assertArrayEquals(new double[] {0, 6}, gradient(x -> Grad.grad(v -> v.pow(3).sum(), x), 0, 1));
    assertArrayEquals(
        new double[] {0, 0}, gradient(b -> Tensor.of(0.0, 0.0).pow(b), 2, 0), "by the exponent");
  }

  @Test
  void aFailureNamesOperationInputElementAndBothNumbers() {
    record Wrong(Tensor x, Tensor y) implements Op.Differentiable {
      @Override
      public List<Tensor> inputs() {
        return List.of(x, y);
      }

      @Override
      public Wrong with(List<Tensor> in) {
        return new Wrong(in.get(0), in.get(1));
      }

      @Override
      public Shape shape() {
        return x.shape();
      }

      @Override
      public DType dtype() {
        return x.dtype();
      }

      @Override
      public List<Tensor> definition() {
        return List.of(x.mul(y));
      }

      @Override
      public List<@Nullable Tensor> vjp(
          List<Tensor> outputs, List<@Nullable Tensor> cotangents, IntPredicate wanted) {
        Tensor g = Objects.requireNonNull(cotangents.getFirst());
        return List.of(g.mul(y), g.mul(x).mul(Tensor.of(1.0, -1.0)));
      }
    }
    GradCheck.Report report =
        GradCheck.STANDARD.check(new Wrong(Tensor.of(2.0, 3.0), Tensor.of(5.0, 7.0)));
    GradCheck.Mismatch first = report.mismatches().getFirst();
    assertEquals("1", first.path());
    assertEquals(1, first.element());
    assertEquals(-3, first.analytic(), 1e-12);
    assertEquals(3, first.numeric(), 1e-8);
    String text = report.toString();
    assertTrue(text.contains("wrong: order 1 derivative of result element 1 by element 1 of '1'"));
    assertTrue(text.contains("against its definition"), text);
  }

  @Test
  void aLargeInputIsCheckedAlongDirectionsAndLocalised() {
    Tensor x = sample(5, 40);
    Function<Tensor, Tensor> sound = v -> v.square().mul(v).sum(1);
    assertTrue(GradCheck.STANDARD.check("sound", sound, x).passed());
    double[] only = new double[200];
    only[77] = 1;
    Function<Tensor, Tensor> hides =
        v ->
            v.add(v.stopGradient().sub(v).stopGradient())
                .add(v.stopGradient().mul(Tensor.of(only, 5, 40)));
    GradCheck.Report report = GradCheck.STANDARD.withOrders(1).check("hides", hides, x);
    assertEquals(77, report.mismatches().getFirst().element(), report::toString);
    assertEquals(1, report.mismatches().size(), report::toString);
  }

  record Point(Tensor w, @Fixed Tensor x, Tensor labels, Tensor gone) {}

  @Test
  void aPointCarriesItsBatchAndMayBeF32() {
    Point point =
        new Point(
            sample(3, 4).cast(DType.F32),
            sample(2, 3).cast(DType.F32),
            Tensor.of(3, 1),
            Tensor.absent(Shape.of(2), DType.F32, "left out"));
    GradCheck.Report report =
        GradCheck.STANDARD.check(
            "loss", p -> new CrossEntropy(p.x().matMul(p.w()), p.labels()).result(), point);
    assertTrue(report.passed(), report::toString);
    assertEquals("loss: 36 derivatives agree", report.toString());
  }
}
