package telos.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/// The broadcasting law, stated a second time and compared on every pair of small shapes.
class BroadcastTest {
  private static final Device REFERENCE = Device.of("reference");

  private static final List<Shape> SHAPES = shapes();

  /// All shapes up to rank 3 with extents 0 to 3.
  private static List<Shape> shapes() {
    List<Shape> shapes = new ArrayList<>();
    List<Shape> level = List.of(Shape.SCALAR);
    for (int rank = 0; rank <= 3; rank++) {
      shapes.addAll(level);
      level =
          level.stream()
              .flatMap(s -> IntStream.range(0, 4).mapToObj(e -> s.concat(Shape.of(e))))
              .toList();
    }
    return shapes;
  }

  /// Empty where the law forbids the pair.
  private static Optional<Shape> law(Shape a, Shape b) {
    boolean swapped = a.rank() > b.rank();
    Shape low = swapped ? b : a;
    Shape high = swapped ? a : b;
    if (low.rank() == 0) {
      return Optional.of(high);
    }
    if (low.rank() < high.rank()) {
      return low.rank() == 1 && low.dim(0) == high.dim(-1) ? Optional.of(high) : Optional.empty();
    }
    int[] dims = low.dims();
    for (int i = 0; i < dims.length; i++) {
      if (low.dim(i) != high.dim(i) && low.dim(i) != 1 && high.dim(i) != 1) {
        return Optional.empty();
      }
      dims[i] = low.dim(i) == 1 ? high.dim(i) : low.dim(i);
    }
    return Optional.of(Shape.of(dims));
  }

  @Test
  void everyPairFollowsTheLaw() {
    assertEquals(1 + 4 + 16 + 64, SHAPES.size());
    for (Shape a : SHAPES) {
      for (Shape b : SHAPES) {
        Optional<Shape> expected = law(a, b);
        if (expected.isPresent()) {
          assertEquals(expected.get(), Shapes.broadcast("add", a, b), a + " and " + b);
        } else {
          var thrown =
              assertThrows(
                  IllegalArgumentException.class,
                  () -> Shapes.broadcast("add", a, b),
                  a + " and " + b);
          assertTrue(thrown.getMessage().startsWith("add: "), thrown.getMessage());
          assertTrue(thrown.getMessage().contains(a + " and " + b), thrown.getMessage());
        }
      }
    }
  }

  @Test
  void aVectorNeverMeetsAColumn() {
    Tensor vector = REFERENCE.with(() -> Tensor.zeros(3));
    Tensor column = REFERENCE.with(() -> Tensor.zeros(3, 1));
    assertThrows(IllegalArgumentException.class, () -> vector.sub(column));
    assertThrows(IllegalArgumentException.class, () -> column.eq(vector));
  }

  /// Values: each element of the result is that of the operands' elements, stretched axes at 0.
  @Property(tries = 200)
  void valuesAreStretched(
      @ForAll @Size(max = 4) List<@IntRange(min = 1, max = 4) Integer> extents,
      @ForAll @IntRange(max = 15) int onesOfA,
      @ForAll @IntRange(max = 15) int onesOfB) {
    int[] full = extents.stream().mapToInt(e -> e).toArray();
    Shape a = shrunk(full, onesOfA);
    Shape b = shrunk(full, onesOfB);
    float[] sum = REFERENCE.with(() -> counted(a, 100).add(counted(b, 1))).toFloats();
    Shape result = law(a, b).orElseThrow();
    assertEquals(result.size(), sum.length);
    int[] at = new int[full.length];
    for (int i = 0; i < sum.length; i++) {
      assertEquals(100 * position(a, at) + position(b, at), sum[i]);
      next(at, result);
    }
  }

  /// `broadcastTo` is adding zeros; `sumTo` is its transpose: `<stretch a, g> = <a, sumTo g>`.
  @Property(tries = 200)
  void sumToIsTheTranspose(
      @ForAll @Size(max = 4) List<@IntRange(min = 0, max = 3) Integer> extents,
      @ForAll @IntRange(max = 15) int ones,
      @ForAll @IntRange(max = 4) int kind) {
    int[] dims = extents.stream().mapToInt(e -> e).toArray();
    Shape full = Shape.of(dims);
    Shape small =
        kind == 0
            ? Shape.SCALAR
            : kind == 1 && dims.length > 0 ? Shape.of(dims[dims.length - 1]) : shrunk(dims, ones);
    REFERENCE.with(() -> {
      Tensor a = counted(small, 1).cast(DType.F64);
      Tensor g = counted(full, 1).cast(DType.F64).sub(2);
      Tensor stretched = a.broadcastTo(full);
      assertEquals(full, stretched.shape());
      assertEquals(
          Arrays.toString(a.add(g.mul(0)).toDoubles()),
          Arrays.toString(stretched.add(0).toDoubles()));
      Tensor back = g.sumTo(small);
      assertEquals(small, back.shape());
      assertEquals(stretched.mul(g).sum().item(), a.mul(back).sum().item(), 1e-9);
      return 0;
    });
  }

  @Test
  void broadcastToRefusesToShrink() {
    Tensor x = REFERENCE.with(() -> Tensor.zeros(2, 3));
    for (Shape to : List.of(Shape.of(1, 3), Shape.of(3), Shape.of(2, 2, 3))) {
      var thrown = assertThrows(IllegalArgumentException.class, () -> x.broadcastTo(to));
      assertTrue(thrown.getMessage().contains("[2, 3]"), thrown.getMessage());
      assertTrue(thrown.getMessage().contains(to.toString()), thrown.getMessage());
    }
  }

  private static Shape shrunk(int[] full, int ones) {
    int[] dims = full.clone();
    for (int i = 0; i < dims.length; i++) {
      dims[i] = (ones >> i & 1) == 1 ? 1 : dims[i];
    }
    return Shape.of(dims);
  }

  private static Tensor counted(Shape shape, int step) {
    float[] values = new float[shape.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = step * i;
    }
    return Tensor.of(values, DType.F32, shape);
  }

  private static int position(Shape operand, int[] at) {
    int position = 0;
    for (int axis = 0; axis < operand.rank(); axis++) {
      position = position * operand.dim(axis) + (operand.dim(axis) == 1 ? 0 : at[axis]);
    }
    return position;
  }

  private static void next(int[] at, Shape shape) {
    for (int axis = at.length - 1; axis >= 0 && ++at[axis] == shape.dim(axis); axis--) {
      at[axis] = 0;
    }
  }
}
