package telos.nn.format;

import java.lang.reflect.Array;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.IntToDoubleFunction;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import telos.nn.format.OnnxTrace.Value;
import telos.tensor.DType;
import telos.tensor.Shape;

/// Constants of a function. Most are the same in every run. Those that follow the open axes are
/// recognised where they are integers that an [Extent] gives, one value everywhere, or a sequence
/// with equal steps (positions); masks and indices are computed from those by operations.
///
/// @param grid the runs
/// @param graph where nodes go
/// @param extents how extents are computed there
record OnnxConstants(Grid grid, OnnxGraph graph, OnnxExtents extents) {
  private static final int FEW = 64;

  /// The name of a constant.
  ///
  /// @param runs what it was in each run
  /// @param dims its extents
  /// @throws IllegalArgumentException where it depends on the inputs' values, or on their extents
  ///   in another way
  String of(List<Value> runs, List<Extent> dims) {
    var first = runs.getFirst();
    boolean same =
        runs.stream().allMatch(run -> Objects.deepEquals(run.elements(), first.elements()));
    if (same && dims.stream().allMatch(Extent::isConstant)) {
      return graph.constant(Objects.requireNonNull(first.elements()), first.dtype(), first.shape());
    }
    return following(runs, dims)
        .orElseThrow(() ->
            new IllegalArgumentException(
                "onnx: a constant %s%s that the function makes differs from run to run and is neither a number that follows the extents, one value everywhere, nor equally spaced; compute it by tensor operations, or keep the whole table in the model and slice it"
                    .formatted(first.dtype(), first.shape())));
  }

  private Optional<String> following(List<Value> runs, List<Extent> dims) {
    if (dims.stream().allMatch(Extent::isConstant)) {
      return few(runs, dims);
    }
    return runs.stream().allMatch(OnnxConstants::isUniform)
        ? number(runs, value -> at(value, 0))
            .map(n -> graph.node("Expand", List.of(n, extents.vector(dims))))
        : sequence(runs, dims);
  }

  /// A few numbers, each of which follows the extents.
  private Optional<String> few(List<Value> runs, List<Extent> dims) {
    int size = runs.getFirst().shape().size();
    if (size > FEW) {
      return Optional.empty();
    }
    var values =
        IntStream.range(0, size).mapToObj(i -> through(runs, value -> at(value, i))).toList();
    if (values.stream().anyMatch(Optional::isEmpty)) {
      return Optional.empty();
    }
    var vector = extents.vector(values.stream().map(Optional::orElseThrow).toList());
    return Optional.of(
        cast(
            dims.size() == 1
                ? vector
                : graph.node("Reshape", List.of(vector, extents.vector(dims))),
            runs.getFirst().dtype()));
  }

  /// `start, start + step, ...`, one step in all runs.
  private Optional<String> sequence(List<Value> runs, List<Extent> dims) {
    var longest =
        runs.stream().max(Comparator.comparingInt(run -> run.shape().size())).orElseThrow();
    if (dims.size() != 1 || longest.shape().size() < 2 || longest.dtype() == DType.BOOL) {
      return Optional.empty();
    }
    double step = at(longest, 1) - at(longest, 0);
    if (step != (long) step || runs.stream().anyMatch(run -> !isSequence(run, step))) {
      return Optional.empty();
    }
    var start = through(runs, run -> at(run, 0));
    var limit = through(runs, run -> at(run, 0) + step * run.shape().size());
    if (start.isEmpty() || limit.isEmpty()) {
      return Optional.empty();
    }
    var bounds =
        List.of(
            extents.scalar(start.get()), extents.scalar(limit.get()), graph.integer((long) step));
    return Optional.of(cast(graph.node("Range", bounds), longest.dtype()));
  }

  /// A number of rank 0: the same in every run, or an extent.
  private Optional<String> number(List<Value> runs, ToDoubleFunction<Value> of) {
    var dtype = runs.getFirst().dtype();
    double first = of.applyAsDouble(runs.getFirst());
    if (runs.stream().allMatch(run -> Double.compare(of.applyAsDouble(run), first) == 0)) {
      Object one = Array.newInstance(elements(runs.getFirst()).getClass().componentType(), 1);
      System.arraycopy(elements(runs.getFirst()), 0, one, 0, 1);
      return Optional.of(graph.constant(one, dtype, Shape.SCALAR));
    }
    return through(runs, of).map(extent -> cast(extents.scalar(extent), dtype));
  }

  private Optional<Extent> through(List<Value> runs, ToDoubleFunction<Value> value) {
    IntToDoubleFunction of = run -> value.applyAsDouble(runs.get(run));
    boolean whole =
        IntStream.range(0, runs.size())
            .allMatch(run -> of.applyAsDouble(run) == (long) of.applyAsDouble(run));
    return whole ? grid.through(run -> (long) of.applyAsDouble(run)) : Optional.empty();
  }

  private String cast(String integers, DType dtype) {
    return dtype == DType.I32 ? integers : OnnxTranslation.cast(graph, integers, dtype);
  }

  private static boolean isUniform(Value value) {
    int size = value.shape().size();
    return size > 0
        && IntStream.range(1, size).allMatch(i -> Double.compare(at(value, i), at(value, 0)) == 0);
  }

  private static boolean isSequence(Value value, double step) {
    int size = value.shape().size();
    return size > 0
        && IntStream.range(1, size).allMatch(i -> at(value, i) - at(value, i - 1) == step);
  }

  private static double at(Value value, int i) {
    return Array.getDouble(elements(value), i);
  }

  private static Object elements(Value value) {
    return Objects.requireNonNull(value.elements());
  }
}
