package telos.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class ShapeTest {
  private static final Shape SHAPE = Shape.of(2, 3, 4);

  @Test
  void readsItsAxes() {
    assertEquals(3, SHAPE.rank());
    assertEquals(24, SHAPE.size());
    assertEquals(4, SHAPE.dim(-1));
    assertEquals(2, SHAPE.dim(0));
    assertEquals(1, SHAPE.axis(-2));
    assertEquals(12, SHAPE.size(1, 3));
    assertEquals(1, SHAPE.size(3, 3));
    assertEquals(1, Shape.SCALAR.size());
    assertEquals(0, Shape.of(3, 0).size());
    assertEquals("[2, 3, 4]", SHAPE.toString());
    assertArrayEquals(new int[] {12, 4, 1}, SHAPE.strides());
  }

  @Test
  void derivesOthers() {
    assertEquals(Shape.of(2, 3, 9), SHAPE.with(-1, 9));
    assertEquals(Shape.of(2, 4), SHAPE.without(1));
    assertEquals(Shape.of(2, 3, 4, 5), SHAPE.insert(3, 5));
    assertEquals(Shape.of(5, 2, 3, 4), SHAPE.insert(0, 5));
    assertEquals(Shape.of(3, 4), SHAPE.slice(1, 3));
    assertEquals(Shape.of(2, 3, 4, 7), SHAPE.concat(Shape.of(7)));
    assertNotEquals(Shape.of(2, 3), Shape.of(3, 2));
    assertNotEquals(SHAPE, "[2, 3, 4]");
    assertEquals(SHAPE.hashCode(), Shape.of(2, 3, 4).hashCode());
  }

  @Test
  void refusesWhatCannotBe() {
    assertSays("negative extent", () -> Shape.of(2, -1));
    assertSays("2^31 - 1", () -> Shape.of(1 << 16, 1 << 16));
    assertSays("axis 3 does not exist in shape [2, 3, 4]", () -> SHAPE.dim(3));
    assertSays("axis -4", () -> SHAPE.axis(-4));
    assertSays("no place 4", () -> SHAPE.insert(4, 1));
    assertSays("no place -1", () -> SHAPE.insert(-1, 1));
  }

  private static void assertSays(String part, Runnable body) {
    var thrown = assertThrows(IllegalArgumentException.class, body::run);
    assertTrue(thrown.getMessage().contains(part), thrown.getMessage());
  }

  @Test
  void isImmutable() {
    int[] dims = {2, 3};
    Shape shape = Shape.of(dims);
    dims[0] = 9;
    shape.dims()[1] = 9;
    assertEquals(Shape.of(2, 3), shape);
  }

  @Property(tries = 100)
  void stridesCountElements(
      @ForAll @Size(max = 5) List<@IntRange(min = 1, max = 5) Integer> extents) {
    int[] dims = extents.stream().mapToInt(e -> e).toArray();
    Shape shape = Shape.of(dims);
    int last = 0;
    for (int i = 0; i < dims.length; i++) {
      last += (dims[i] - 1) * shape.strides()[i];
    }
    assertEquals(shape.size() - 1, last);
  }
}
