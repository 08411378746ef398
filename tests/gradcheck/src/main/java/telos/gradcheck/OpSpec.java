package telos.gradcheck;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import telos.autograd.GradCheck;
import telos.tensor.DType;
import telos.tensor.Device;
import telos.tensor.Op;
import telos.tensor.Tensor;

/// One row of the test matrix: an operation, inputs for it, and how exactly a device must agree
/// with the reference. The table has at least one row for each operation; a test fails for one
/// without.
///
/// @param op the operation
/// @param label what is special about this row
/// @param inputs shapes and kinds of the inputs
/// @param smooth the inputs by which the result has the derivative that differences show
/// @param large too large for differences, or made of special values: for devices only
/// @param accuracy how exactly a device must agree
/// @param run the operation on tensors like the inputs
/// @param fused makes the operation itself, where it is a fused one
public record OpSpec(
    Class<? extends Op> op,
    String label,
    List<Input> inputs,
    Set<Integer> smooth,
    boolean large,
    Accuracy accuracy,
    Function<List<Tensor>, List<Tensor>> run,
    @Nullable Function<List<Tensor>, Op.Fused> fused) {

  /// Agreement in F32: `|actual - exact| <= relative |exact| + ofLargest max|exact|`.
  public record Accuracy(double relative, double ofLargest) {
    /// The same values.
    public static final Accuracy EXACT = new Accuracy(0, 0);

    /// A few units in the last place.
    public static final Accuracy ELEMENTWISE = new Accuracy(1e-6, 0);

    /// Sums: relative to the largest result, because terms cancel.
    public static final Accuracy SUMMED = new Accuracy(2e-6, 4e-6);
  }

  /// All rows.
  public static List<OpSpec> all() {
    List<OpSpec> rows = new ArrayList<>();
    ElementwiseSpecs.addTo(rows);
    StructuralSpecs.addTo(rows);
    FusedSpecs.addTo(rows);
    return List.copyOf(rows);
  }

  /// A row for an ordinary operation, smooth in all its float inputs.
  static OpSpec of(
      Class<? extends Op> op,
      String label,
      Accuracy accuracy,
      Function<List<Tensor>, Tensor> run,
      Input... inputs) {
    List<Input> list = List.of(inputs);
    boolean large = list.stream().anyMatch(OpSpec::large);
    Set<Integer> smooth =
        IntStream.range(0, list.size())
            .filter(i -> list.get(i).isFloat())
            .boxed()
            .collect(Collectors.toUnmodifiableSet());
    return new OpSpec(op, label, list, smooth, large, accuracy, in -> List.of(run.apply(in)), null);
  }

  /// A row for a fused operation, smooth in all its float inputs.
  static OpSpec of(
      Class<? extends Op.Fused> op,
      Accuracy accuracy,
      Function<List<Tensor>, Op.Fused> fused,
      Input... inputs) {
    OpSpec row = of(op, "", accuracy, List::getFirst, inputs);
    Function<List<Tensor>, List<Tensor>> run =
        in -> {
          Op.Fused made = fused.apply(in);
          return made.outputs().subList(0, made.resultCount());
        };
    return new OpSpec(op, row.label, row.inputs, row.smooth, row.large, accuracy, run, fused);
  }

  private static boolean large(Input input) {
    return input.shape().size() > 128 || input.kind() == Input.Kind.SPECIAL;
  }

  /// This row, for devices only by these inputs' derivatives.
  OpSpec smoothIn(Integer... chosen) {
    return new OpSpec(op, label, inputs, Set.of(chosen), large, accuracy, run, fused);
  }

  OpSpec labelled(String name) {
    return new OpSpec(op, name, inputs, smooth, large, accuracy, run, fused);
  }

  /// The operation, what is special, and the shapes.
  public String name() {
    return op.getSimpleName()
        + (label.isEmpty() ? "" : " " + label)
        + inputs.stream().map(input -> " " + input.shape()).collect(Collectors.joining());
  }

  /// The inputs on the current device.
  public List<Tensor> tensors(DType floats, long seed) {
    return IntStream.range(0, inputs.size())
        .mapToObj(i -> inputs.get(i).tensor(floats, seed * 1000003 + i))
        .toList();
  }

  /// The float results, and the others as floats, as one vector.
  Tensor joined(List<Tensor> in) {
    DType dtype =
        in.stream().map(Tensor::dtype).filter(DType::isFloat).findFirst().orElse(DType.F64);
    return Tensor.concat(
        0, run.apply(in).stream().map(t -> t.cast(dtype)).map(t -> t.reshape(t.size())).toList());
  }

  /// Checks the derivatives by central differences, orders 1 and 2, in F64 on the reference device.
  ///
  /// @throws AssertionError with a report, if one differs
  public void requireGradients(long seed) {
    Device reference = Device.of("reference");
    List<Tensor> at = reference.with(() -> tensors(DType.F64, seed));
    GradCheck check = GradCheck.STANDARD.withPaths(path -> smooth.contains(Integer.parseInt(path)));
    if (fused == null) {
      check.require(name(), this::joined, at);
    } else {
      Op.Fused made = Objects.requireNonNull(fused).apply(at);
      GradCheck byInput =
          GradCheck.STANDARD.withPaths(path -> {
            Tensor input = made.inputs().get(Integer.parseInt(path));
            return smooth.stream().anyMatch(i -> at.get(i) == input);
          });
      byInput.require(made);
    }
  }

  @Override
  public String toString() {
    return name();
  }
}
