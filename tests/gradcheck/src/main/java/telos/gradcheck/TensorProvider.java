package telos.gradcheck;

import java.util.Optional;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.constraints.Positive;
import net.jqwik.api.providers.ArbitraryProvider;
import net.jqwik.api.providers.TypeUsage;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// Gives jqwik the `@ForAll` parameters of type [Shape], [Tensor], [Operands] and [Graph], within
/// the bounds of [Shapes]. `@Positive` on a tensor makes its values positive.
public final class TensorProvider implements ArbitraryProvider {
  private static final int DEPTH = 6;

  /// For the service loader.
  public TensorProvider() {}

  @Override
  public boolean canProvideFor(TypeUsage type) {
    return type.isOfType(Shape.class)
        || type.isOfType(Tensor.class)
        || type.isOfType(Operands.class)
        || type.isOfType(Graph.class);
  }

  @Override
  public Set<Arbitrary<?>> provideFor(TypeUsage type, SubtypeProvider subtypes) {
    Arbitrary<Shape> shapes = shapes(type.findAnnotation(Shapes.class));
    if (type.isOfType(Shape.class)) {
      return Set.of(shapes);
    }
    if (type.isOfType(Operands.class)) {
      return Set.of(TensorArbitraries.operands(shapes));
    }
    if (type.isOfType(Graph.class)) {
      return Set.of(TensorArbitraries.graphs(shapes, DEPTH));
    }
    boolean positive = type.findAnnotation(Positive.class).isPresent();
    return Set.of(
        shapes.flatMap(shape ->
            positive
                ? TensorArbitraries.positiveTensors(shape)
                : TensorArbitraries.tensors(shape)));
  }

  private static Arbitrary<Shape> shapes(Optional<Shapes> bounds) {
    return bounds
        .map(b ->
            b.of().length > 0
                ? Arbitraries.just(Shape.of(b.of()))
                : TensorArbitraries.shapes(b.minRank(), b.maxRank(), b.minDim(), b.maxDim()))
        .orElseGet(() -> TensorArbitraries.shapes(0, 3, 1, 3));
  }
}
