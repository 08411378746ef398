package telos.gradcheck;

import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import telos.tensor.Device;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// Arbitraries for what the annotations do not say. Everything shrinks: shapes to fewer and smaller
/// axes, values to 0.3, graphs to fewer and simpler steps. Tensors are F64 on the reference device.
public final class TensorArbitraries {
  private static final double FIRST = 0.3;

  private TensorArbitraries() {}

  /// Shapes with rank and extents within bounds (inclusive).
  public static Arbitrary<Shape> shapes(int minRank, int maxRank, int minDim, int maxDim) {
    return Arbitraries.integers()
        .between(minDim, maxDim)
        .list()
        .ofMinSize(minRank)
        .ofMaxSize(maxRank)
        .map(TensorArbitraries::shape);
  }

  private static Shape shape(List<Integer> dims) {
    return Shape.of(dims.stream().mapToInt(Integer::intValue).toArray());
  }

  /// Tensors of a shape, away from kinks: of either sign, magnitudes in `[0.3, 2.3)`, no two equal,
  /// none an integer or a half.
  public static Arbitrary<Tensor> tensors(Shape shape) {
    return values(shape, 0, true);
  }

  /// As [#tensors], all positive.
  public static Arbitrary<Tensor> positiveTensors(Shape shape) {
    return values(shape, 0, false);
  }

  /// Value `k` of the grid is `0.3 + (k + offset) / n`, n at least 8 and twice the size.
  private static Arbitrary<Tensor> values(Shape shape, double offset, boolean signed) {
    int cells = Math.max(8, Integer.highestOneBit(Math.max(1, shape.size() - 1)) * 2);
    Arbitrary<Integer> magnitude = Arbitraries.integers().between(1, 2 * cells);
    Arbitrary<List<Integer>> magnitudes = magnitude.list().uniqueElements().ofSize(shape.size());
    Arbitrary<List<Boolean>> signs = Arbitraries.of(false, true).list().ofSize(shape.size());
    return Combinators.combine(magnitudes, signs)
        .as((sizes, negative) -> {
          double[] values = new double[sizes.size()];
          for (int i = 0; i < values.length; i++) {
            double value = FIRST + (sizes.get(i) - 1 + offset) / cells;
            values[i] = signed && negative.get(i) ? -value : value;
          }
          return reference(() -> Tensor.of(values, shape.dims()));
        });
  }

  private static Tensor reference(java.util.function.Supplier<Tensor> body) {
    return Device.of("reference").with(body);
  }

  /// Tensors that broadcast to one of the given shapes or among each other.
  public static Arbitrary<Operands> operands(Arbitrary<Shape> shapes) {
    Arbitrary<Pattern> patterns =
        Combinators.combine(
                Arbitraries.of(Form.values()),
                Arbitraries.integers().between(0, 7),
                Arbitraries.integers().between(0, 7),
                Arbitraries.of(false, true))
            .as(Pattern::new);
    return Combinators.combine(shapes, patterns)
        .flatAs((shape, pattern) ->
            Combinators.combine(
                    values(pattern.first(shape), 0, true), values(pattern.second(shape), 0.5, true))
                .as((a, b) -> pattern.swapped() ? new Operands(b, a) : new Operands(a, b)));
  }

  /// How two operands meet.
  private enum Form {
    EQUAL,
    SCALAR,
    VECTOR,
    STRETCHED
  }

  /// @param ones the axes at which the first has extent 1, as bits
  /// @param others the same for the second
  private record Pattern(Form form, int ones, int others, boolean swapped) {
    Shape first(Shape shape) {
      return form == Form.STRETCHED ? flattened(shape, ones) : shape;
    }

    Shape second(Shape shape) {
      return switch (form) {
        case EQUAL -> shape;
        case SCALAR -> Shape.SCALAR;
        case VECTOR -> shape.rank() < 2 ? shape : shape.slice(shape.rank() - 1, shape.rank());
        case STRETCHED -> flattened(shape, others & ~ones);
      };
    }

    private static Shape flattened(Shape shape, int bits) {
      Shape result = shape;
      for (int axis = 0; axis < shape.rank(); axis++) {
        result = (bits >> axis & 1) == 1 ? result.with(axis, 1) : result;
      }
      return result;
    }
  }

  /// Computations of up to `depth` steps over one to three inputs of the given shapes, with
  /// fan-out: every step may use any earlier value.
  public static Arbitrary<Graph> graphs(Arbitrary<Shape> shapes, int depth) {
    Arbitrary<Graph.Node> nodes =
        Combinators.combine(
                Arbitraries.of(Graph.Step.values()),
                Arbitraries.integers().between(0, 8),
                Arbitraries.integers().between(0, 8))
            .as(Graph.Node::new);
    Arbitrary<List<Tensor>> inputs =
        shapes.flatMap(TensorArbitraries::tensors).list().ofMinSize(1).ofMaxSize(3);
    return Combinators.combine(inputs, nodes.list().ofMinSize(1).ofMaxSize(depth)).as(Graph::new);
  }
}
