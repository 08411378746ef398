package telos.autograd;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import java.util.function.BinaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import telos.tensor.DType;
import telos.tensor.Op;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.fused.Linear;

/// The sweep computes no cotangent that nobody asked for: what is not downstream of a leaf has
/// none.
class CotangentTest {
  record Pair(Tensor x, Tensor w) {}

  /// A product of two operands, each of which has a derivative of one product.
  record Case(
      String name, Class<? extends Op> kind, Shape x, Shape w, BinaryOperator<Tensor> product) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Case> products() {
    Class<? extends Op> matMul = Op.MatMul.class;
    Shape square = Shape.of(3, 3);
    return Stream.of(
        new Case("x w", matMul, Shape.of(2, 3), Shape.of(3, 4), Tensor::matMul),
        new Case("x^T w", matMul, square, square, (x, w) -> x.matMul(w, true, false)),
        new Case("x w^T", matMul, square, square, (x, w) -> x.matMul(w, false, true)),
        new Case("stack", matMul, Shape.of(2, 3, 4), Shape.of(4, 5), Tensor::matMul),
        new Case("linear", matMul, square, square, (x, w) -> new Linear(x, w, null).result()),
        new Case(
            "convolution",
            Op.Conv2d.class,
            Shape.of(1, 2, 4, 4),
            Shape.of(3, 2, 3, 3),
            (x, w) -> x.conv2d(w, 1, 1)),
        new Case("elementwise", Op.Mul.class, square, square, Tensor::mul),
        new Case("recomputed", matMul, square, square, (x, w) -> Recompute.of(() -> x.matMul(w))));
  }

  /// How many operations of each kind a gradient by the leaves that `paths` accepts takes.
  private static Map<Class<?>, Integer> ran(Case c, String paths) {
    CountingDevice device = new CountingDevice();
    return device.with(() -> {
      Pair at = new Pair(Tensor.full(0.5, DType.F32, c.x()), Tensor.full(0.25, DType.F32, c.w()));
      device.ran.clear();
      Grad.grad(p -> c.product().apply(p.x(), p.w()).sum(), at, paths::contains);
      return device.ran;
    });
  }

  @ParameterizedTest
  @MethodSource("products")
  void aConstantOperandCostsNoProduct(Case c) {
    int forward = c.name().equals("recomputed") ? 2 : 1;
    assertEquals(forward + 2, ran(c, "x w").get(c.kind()));
    assertEquals(forward + 1, ran(c, "x").get(c.kind()));
    assertEquals(forward + 1, ran(c, "w").get(c.kind()));
  }

  record Net(Tensor first, Tensor second) {}

  /// Forward two products and a tanh; backward one product, and nothing before it.
  @Test
  void theSweepEndsAtTheFirstLeaf() {
    CountingDevice device = new CountingDevice();
    device.with(() -> {
      Tensor x = Tensor.full(0.5, DType.F32, Shape.of(2, 3));
      Net net =
          new Net(
              Tensor.full(0.1, DType.F32, Shape.of(3, 3)),
              Tensor.full(0.2, DType.F32, Shape.of(3, 3)));
      device.ran.clear();
      Net found =
          Grad.grad(
              n -> x.matMul(n.first()).tanh().matMul(n.second()).sum(),
              net,
              path -> path.equals("second"));
      assertEquals(
          List.of(3, 1, 0),
          List.of(
              device.ran.get(Op.MatMul.class),
              device.ran.get(Op.Tanh.class),
              device.ran.getOrDefault(Op.Mul.class, 0)));
      return found.second();
    });
  }
}
