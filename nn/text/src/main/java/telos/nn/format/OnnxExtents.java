package telos.nn.format;

import java.util.ArrayList;
import java.util.List;
import telos.nn.format.OnnxGraph.Attribute;

/// Extents as values of the graph, computed from the shapes of its inputs.
///
/// @param graph where nodes go
/// @param axes of each open axis the input and the position in its shape that show it
record OnnxExtents(OnnxGraph graph, List<Place> axes) {
  /// Where an open axis can be seen.
  record Place(String input, long position) {}

  /// A rank-0 integer.
  String scalar(Extent extent) {
    return extent.isConstant()
        ? graph.integer(extent.constant())
        : graph.node("Squeeze", vector(extent));
  }

  /// A vector of integers.
  String vector(List<Extent> extents) {
    if (extents.stream().allMatch(Extent::isConstant)) {
      return graph.integers(extents.stream().mapToLong(Extent::constant).toArray());
    }
    var parts = extents.stream().map(this::vector).toList();
    return parts.size() == 1
        ? parts.getFirst()
        : graph.node("Concat", parts, Attribute.of("axis", 0));
  }

  /// A vector of one integer.
  private String vector(Extent extent) {
    if (extent.isConstant()) {
      return graph.integers(extent.constant());
    }
    var sum = new ArrayList<String>();
    for (int set = 1; set < extent.terms().size(); set++) {
      if (extent.terms().get(set) != 0) {
        sum.add(product(extent.terms().get(set), set));
      }
    }
    if (extent.constant() != 0) {
      sum.add(graph.integers(extent.constant()));
    }
    return sum.stream().reduce((a, b) -> graph.node("Add", List.of(a, b))).orElseThrow();
  }

  private String product(long factor, int set) {
    var factors = new ArrayList<String>();
    for (int axis = 0; axis < axes.size(); axis++) {
      if ((set >> axis & 1) == 1) {
        factors.add(axis(axes.get(axis)));
      }
    }
    if (factor != 1) {
      factors.add(graph.integers(factor));
    }
    return factors.stream().reduce((a, b) -> graph.node("Mul", List.of(a, b))).orElseThrow();
  }

  private String axis(Place place) {
    return graph.node(
        "Shape",
        place.input(),
        Attribute.of("start", place.position()),
        Attribute.of("end", place.position() + 1));
  }
}
