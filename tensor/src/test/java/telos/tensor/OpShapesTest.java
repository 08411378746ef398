package telos.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/// What shape each operation yields, and what it says where it yields none.
class OpShapesTest {
  private static final Device REFERENCE = Device.of("reference");

  private static Tensor f(int... dims) {
    return REFERENCE.with(() -> Tensor.zeros(dims));
  }

  private static Tensor i(int... dims) {
    return REFERENCE.with(() -> Tensor.full(0, DType.I32, Shape.of(dims)));
  }

  private static void yields(Shape expected, Supplier<Tensor> body) {
    assertEquals(expected, REFERENCE.with(body).shape());
  }

  private static void refuses(Supplier<Tensor> body, String... parts) {
    var thrown = assertThrows(IllegalArgumentException.class, () -> REFERENCE.with(body));
    for (String part : parts) {
      assertTrue(thrown.getMessage().contains(part), thrown.getMessage() + " lacks " + part);
    }
  }

  @Test
  void matMul() {
    yields(Shape.of(2, 5), () -> f(2, 3).matMul(f(3, 5)));
    yields(Shape.of(3, 4), () -> f(2, 3).matMul(f(4, 2), true, true));
    yields(Shape.of(7, 6, 2, 5), () -> f(7, 6, 2, 3).matMul(f(3, 5)));
    yields(Shape.of(7, 6, 2, 5), () -> f(7, 1, 2, 3).matMul(f(1, 6, 3, 5)));
    yields(Shape.of(0, 5), () -> f(0, 3).matMul(f(3, 5)));
    refuses(() -> f(2, 3).matMul(f(2, 5)), "matmul", "[2, 3]", "[2, 5]", "3 and 2");
    refuses(() -> f(2, 3).matMul(f(3, 5), true, true), "transposed", "2 and 5");
    refuses(() -> f(3).matMul(f(3, 5)), "[3]", "[3, 5]");
    refuses(() -> f(2, 3).matMul(f(4, 3, 5)), "[2, 3]", "[4, 3, 5]");
    refuses(() -> f(2, 2, 3).matMul(f(4, 3, 5)), "[2, 2, 3]", "[4, 3, 5]");
  }

  @Test
  void conv2d() {
    yields(Shape.of(2, 5, 3, 4), () -> f(2, 3, 6, 8).conv2d(f(5, 3, 3, 3), 2, 1));
    yields(Shape.of(2, 5, 1, 1), () -> f(2, 3, 3, 3).conv2d(f(5, 3, 3, 3), 1, 0));
    refuses(() -> f(2, 3, 6, 8).conv2d(f(5, 4, 3, 3), 1, 0), "[2, 3, 6, 8]", "[5, 4, 3, 3]");
    refuses(() -> f(3, 6, 8).conv2d(f(5, 3, 3, 3), 1, 0), "[3, 6, 8]");
    refuses(() -> f(1, 1, 2, 2).conv2d(f(1, 1, 3, 3), 1, 0), "larger", "[1, 1, 2, 2]");
    refuses(() -> f(1, 1, 2, 2).conv2d(f(1, 1, 1, 1), 0, 0), "stride 0");
  }

  @Test
  void reductions() {
    yields(Shape.of(2, 4), () -> f(2, 3, 4).sum(1));
    yields(Shape.of(2, 3), () -> f(2, 3, 4).max(-1));
    yields(Shape.of(3, 4), () -> f(2, 3, 4).argMax(0));
    yields(Shape.of(2, 3, 4), () -> f(2, 3, 4).cumSum(1));
    yields(Shape.of(2), () -> f(2, 0).sum(1));
    refuses(() -> f(2, 3).sum(2), "axis 2", "[2, 3]");
    refuses(() -> f(2, 0).max(1), "max", "[2, 0]", "empty");
    refuses(() -> f(2, 0).argMax(1), "argMax", "[2, 0]", "empty");
  }

  @Test
  void movement() {
    yields(Shape.of(6, 4), () -> f(2, 3, 4).reshape(-1, 4));
    yields(Shape.of(4, 2, 3), () -> f(2, 3, 4).permute(-1, 0, 1));
    yields(Shape.of(4, 3, 2), () -> f(2, 3, 4).transpose(0, -1));
    yields(Shape.of(2, 3, 5), () -> f(2, 1, 5).expand(2, 3, 5));
    yields(Shape.of(2, 6, 4), () -> f(2, 3, 4).pad(1, 1, 2));
    yields(
        Shape.of(2, 1, 2),
        () -> f(2, 3, 4).slice(new int[] {0, 1, 0}, new int[] {2, 2, 4}, new int[] {1, 1, 2}));
    yields(Shape.of(2, 3, 3), () -> f(2, 3, 4).slice(2, 0, -1));
    yields(Shape.of(2, 3), () -> f(2, 3, 4).at(2, -1));
    yields(Shape.of(2, 3, 4), () -> f(2, 3, 4).flip(0, -1));
    yields(Shape.of(2, 1, 3), () -> f(2, 3).unsqueeze(1));
    yields(Shape.of(2, 3, 1), () -> f(2, 3).unsqueeze(-1));
    yields(Shape.of(2, 3), () -> f(2, 1, 3).squeeze(1));
    yields(Shape.of(2, 7), () -> Tensor.concat(-1, List.of(f(2, 3), f(2, 4))));
    yields(Shape.of(2, 3, 2), () -> Tensor.stack(-1, List.of(f(2, 3), f(2, 3))));
  }

  @Test
  void movementErrors() {
    refuses(() -> f(2, 3).reshape(4, 2), "[2, 3]", "[4, 2]");
    refuses(() -> f(2, 3).reshape(-1, 4), "[2, 3]", "[-1, 4]");
    refuses(() -> f(2, 3).reshape(-1, -1), "negative");
    refuses(() -> f(2, 0).reshape(-1, 0), "[2, 0]");
    refuses(() -> f(2, 3).permute(0, 0), "[0, 0]", "[2, 3]");
    refuses(() -> f(2, 3).permute(0), "[0]", "[2, 3]");
    refuses(() -> f(2, 3).expand(2, 4), "[2, 3]", "[2, 4]");
    refuses(() -> f(3).expand(2, 3), "[3]", "[2, 3]");
    refuses(() -> f(2, 3).pad(0, -1, 0), "pad", "[2, 3]");
    refuses(() -> f(2, 3).pad(new int[1], new int[2]), "pad", "[2, 3]");
    refuses(() -> f(2, 3).slice(1, 2, 4), "slice", "[2, 3]");
    refuses(() -> f(2, 3).slice(1, 2, 1), "slice", "[2, 3]");
    refuses(() -> f(2).slice(new int[1], new int[] {2}, new int[1]), "slice", "[2]");
    refuses(() -> f(2, 3).at(1, 3), "[2, 3]");
    refuses(() -> f(2, 3).squeeze(1), "axis 1", "[2, 3]");
    refuses(() -> f(2, 3).unsqueeze(4), "[2, 3]");
    refuses(() -> f(2, 3).flip(2), "axis 2");
    refuses(() -> Tensor.concat(0, List.of(f(2, 3), f(2, 4))), "[2, 3]", "[2, 4]");
    refuses(() -> Tensor.concat(0, List.of()), "at least one");
    refuses(() -> Dispatch.run(new Op.Flip(f(2, 3), new boolean[1])), "flip", "[2, 3]");
  }

  @Test
  void index() {
    yields(Shape.of(2, 5, 6, 4), () -> f(2, 3, 4).gather(1, i(5, 6)));
    yields(Shape.of(2, 4), () -> f(2, 3, 4).gather(1, i()));
    yields(Shape.of(2, 9, 4), () -> f(2, 5, 6, 4).scatterAdd(1, i(5, 6), 9));
    yields(Shape.of(2, 3), () -> f(2, 3, 4).pick(i(2, 3)));
    yields(Shape.of(2, 3, 4), () -> i(2, 3).oneHot(4));
    refuses(() -> f(2, 3).gather(2, i(5)), "axis 2");
    refuses(() -> f(2, 5, 4).scatterAdd(1, i(6), 9), "[2, 5, 4]", "[6]");
    refuses(() -> f(2, 5).scatterAdd(-1, i(5), 9), "[2, 5]");
    refuses(() -> f(2, 3).pick(i(3)), "[3]", "[2]");
  }

  @Test
  void where() {
    Tensor mask = REFERENCE.with(() -> f(2, 1).eq(0));
    yields(Shape.of(2, 3), () -> mask.where(f(3), f(2, 3)));
    yields(Shape.of(2, 3), () -> mask.where(f(1, 3), f()));
    refuses(() -> mask.where(f(3), f(4)), "where", "[3]", "[4]");
    refuses(() -> mask.where(f(3), f(3)), "where", "[2, 1]", "[3]");
  }

  /// Every operation and what it makes of each dtype.
  @Test
  void dtypes() {
    Tensor f32 = f(2, 2);
    Tensor f64 = REFERENCE.with(() -> Tensor.of(new double[4], 2, 2));
    Tensor i32 = i(2, 2);
    Tensor bool = REFERENCE.with(() -> Tensor.of(new boolean[4], 2, 2));
    Tensor bf16 = REFERENCE.with(() -> Tensor.of(new short[4], DType.BF16, Shape.of(2, 2)));
    assertEquals(DType.F64, f64.exp().dtype());
    assertEquals(DType.I32, i32.add(i32).dtype());
    assertEquals(DType.BOOL, f64.lt(f64).dtype());
    assertEquals(DType.I32, f64.argMax(0).dtype());
    assertEquals(DType.F64, bool.where(f64, f64).dtype());
    assertEquals(DType.F64, f64.gather(0, i(3)).dtype());
    assertEquals(DType.BOOL, bool.and(bool).or(bool).not().dtype());
    assertEquals(DType.F32, bf16.cast(DType.F32).dtype());
    refuses(() -> f32.add(f64), "add", "F32", "F64", "cast");
    refuses(() -> f32.mul(i32), "F32", "I32");
    refuses(() -> i32.exp(), "exp", "I32", "F32 or F64");
    refuses(() -> i32.pow(2), "pow", "I32");
    refuses(() -> bool.add(bool), "add", "BOOL");
    refuses(() -> bool.sum(0), "sum", "BOOL");
    refuses(() -> bf16.add(bf16), "add", "BF16");
    refuses(() -> bf16.permute(1, 0), "permute", "BF16");
    refuses(() -> bf16.cast(DType.I8), "cast", "BF16", "I8");
    refuses(() -> f32.where(f32, f32), "where", "BOOL", "F32");
    refuses(() -> bool.where(f32, f64), "F32", "F64");
    refuses(() -> f32.gather(0, f(3)), "gather", "I32");
    refuses(() -> f32.scatterAdd(0, f(2), 2), "scatterAdd", "I32");
    refuses(() -> f32.matMul(f64), "matMul", "F32", "F64");
    refuses(() -> Tensor.concat(0, List.of(f32, f64)), "concat", "F32", "F64");
  }
}
