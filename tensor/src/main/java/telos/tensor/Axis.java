package telos.tensor;

/// A tensor seen along one axis as `[outer, extent, inner]`, row-major.
record Axis(int outer, int extent, int inner) {
  /// Sees one element.
  interface Visit {
    /// Sees position `r` of the axis.
    ///
    /// @param from flat position in the tensor
    /// @param to flat position in the tensor without the axis
    void at(int from, int to, int r);
  }

  static Axis of(Shape shape, int axis) {
    return new Axis(shape.size(0, axis), shape.dim(axis), shape.size(axis + 1, shape.rank()));
  }

  /// Visits every element in order.
  void forEach(Visit visit) {
    for (int o = 0; o < outer; o++) {
      for (int r = 0; r < extent; r++) {
        for (int i = 0; i < inner; i++) {
          visit.at((o * extent + r) * inner + i, o * inner + i, r);
        }
      }
    }
  }
}
