package telos.gradcheck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Shrinkable;
import org.junit.jupiter.api.Test;
import telos.tensor.DType;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// The kit itself: what it draws, what it finds, what it shrinks to.
class KitTest {
  @Property(tries = 100)
  void tensorsAreAwayFromKinks(@ForAll @Shapes(minDim = 0, maxDim = 4) Tensor x) {
    assertEquals(DType.F64, x.dtype());
    double[] sizes = x.abs().toDoubles();
    for (int i = 0; i < sizes.length; i++) {
      assertTrue(sizes[i] >= 0.3 && sizes[i] < 2.4, x::toString);
      for (int j = 0; j < i; j++) {
        assertTrue(Math.abs(sizes[i] - sizes[j]) > 1e-3, x::toString);
      }
    }
  }

  @Property(tries = 100)
  void shapesKeepTheirBounds(@ForAll @Shapes(minRank = 1, maxRank = 2, maxDim = 5) Shape shape) {
    assertTrue(shape.rank() == 1 || shape.rank() == 2, shape::toString);
    for (int dim : shape.dims()) {
      assertTrue(dim >= 1 && dim <= 5, shape::toString);
    }
  }

  @Property(tries = 100)
  void operandsBroadcast(@ForAll Operands in) {
    Tensor sum = in.a().add(in.b());
    assertTrue(sum.size() >= Math.max(in.a().size(), in.b().size()));
    GradProperty.holds("product", p -> p.a().mul(p.b()), in);
  }

  @Property(tries = 100)
  void randomGraphsHaveTheirGradients(@ForAll @Shapes(maxDim = 3) Graph graph) {
    GradProperty.holds("graph", graph::apply, graph.inputs());
  }

  /// The square of x, of which half the derivative is lost.
  private static Tensor halved(Tensor x) {
    return x.mul(x.stopGradient());
  }

  @Test
  void aWrongGradientIsFound() {
    Tensor x = Tensor.of(1.0, -2.0);
    AssertionError error =
        assertThrows(AssertionError.class, () -> GradProperty.holds("half", KitTest::halved, x));
    String text = String.valueOf(error.getMessage());
    assertTrue(text.contains("half: order 1 derivative of result element 0"), text);
  }

  /// jqwik's strategy in short: any smaller case that still fails.
  private static <T> T shrunk(Arbitrary<T> arbitrary, Consumer<T> property) {
    Random random = new Random(7);
    Shrinkable<T> failing =
        Stream.generate(() -> arbitrary.generator(1000).next(random))
            .limit(500)
            .filter(sample -> fails(property, sample.value()))
            .findFirst()
            .orElseThrow();
    for (int step = 0; step < 1000; step++) {
      Optional<Shrinkable<T>> smaller =
          failing.shrink().filter(sample -> fails(property, sample.value())).findFirst();
      if (smaller.isEmpty()) {
        break;
      }
      failing = smaller.get();
    }
    return failing.value();
  }

  private static <T> boolean fails(Consumer<T> property, T value) {
    try {
      property.accept(value);
      return false;
    } catch (AssertionError e) {
      return true;
    }
  }

  @Example
  void aFailureShrinksToASmallCase() {
    Tensor smallest =
        shrunk(
            TensorArbitraries.shapes(0, 3, 1, 3).flatMap(TensorArbitraries::tensors),
            x -> GradProperty.holds("half", KitTest::halved, x));
    assertEquals(Shape.SCALAR, smallest.shape());
    assertEquals(0.3, smallest.item());
  }

  @Example
  void aFailureThatNeedsTwoElementsShrinksToTwo() {
    Tensor smallest =
        shrunk(
            TensorArbitraries.shapes(0, 3, 1, 3).flatMap(TensorArbitraries::tensors),
            x -> assertTrue(x.size() < 2));
    assertEquals(2, smallest.size());
  }

  @Example
  void aGraphShrinksToTheGuiltyStep() {
    Graph smallest =
        shrunk(
            TensorArbitraries.graphs(TensorArbitraries.shapes(0, 2, 1, 3), 6),
            graph ->
                assertTrue(graph.nodes().stream().noneMatch(n -> n.step() == Graph.Step.GELU)));
    assertEquals(1, smallest.nodes().size());
    String program = smallest.toString();
    assertTrue(program.contains("v1 = GELU(v0)"), program);
    assertEquals(Shape.SCALAR, smallest.inputs().getFirst().shape());
  }

  @Test
  void theReadmeShowsTheExampleThatRuns() throws IOException {
    Path module = Path.of("").toAbsolutePath();
    Path root =
        Files.exists(module.resolve("README.md")) && module.endsWith("gradcheck")
            ? module
            : module.resolve("tests/gradcheck");
    String readme = Files.readString(root.resolve("README.md"));
    String example =
        Files.readString(root.resolve("src/test/java/telos/gradcheck/GumbelTest.java"));
    String shown = example.substring(example.indexOf("import")).strip();
    assertTrue(readme.contains(shown), "README.md does not show GumbelTest as it is");
  }
}
