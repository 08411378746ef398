package telos.autograd;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import telos.tensor.Op;
import telos.tensor.Tensor;

/// Compares derivatives with central differences, in float64 on the reference device.
///
///     record Point(MyModel model, @Fixed Tensor x, Tensor labels) {}
///     GradCheck.STANDARD.require("my loss", p -> loss(p.model(), p.x(), p.labels()), point);
///
/// With at most 64 inputs and 64 outputs the whole Jacobian is compared. Otherwise the inner-product
/// identity `<J' r, v> = <r, J v>` is, for random `r` and random directions `v` in each leaf, and
/// where it fails the worst element is looked for. Order 2 is the same check of
/// `m -> <gradient(m), u>`.
///
/// The function must be smooth around the point and a function of its argument alone. The point is
/// moved to the reference device and its floats to F64; tensors that the function captures are not,
/// so make a batch part of the point (integers and masks are no inputs of a derivative), or make it
/// under `Device.of("reference").with(...)` in F64.
///
/// @param tolerance of `|analytic - numeric|` relative to the largest derivative at hand
/// @param orders 1 or 2
/// @param paths which leaves to differentiate by
/// @param seed of the random directions
public record GradCheck(double tolerance, int orders, Predicate<String> paths, long seed) {
  /// Relative 1e-6, orders 1 and 2, all leaves.
  public static final GradCheck STANDARD = new GradCheck(1e-6, 2, _ -> true, 1);

  /// This check with another highest order.
  public GradCheck withOrders(int highest) {
    return new GradCheck(tolerance, highest, paths, seed);
  }

  /// This check, restricted to some leaves.
  public GradCheck withPaths(Predicate<String> chosen) {
    return new GradCheck(tolerance, orders, chosen, seed);
  }

  /// One derivative that differs.
  ///
  /// @param what the function or operation
  /// @param order 1, or 2 for the derivative of the derivative
  /// @param path of the input leaf
  /// @param element of the leaf, row-major; -1 for a random direction in it
  /// @param output element of the result, row-major; -1 for a random combination
  public record Mismatch(
      String what,
      int order,
      String path,
      int element,
      int output,
      double analytic,
      double numeric,
      double tolerance) {
    @Override
    public String toString() {
      String leaf = path.isEmpty() ? "the input" : "'" + path + "'";
      return what
          + ": order "
          + order
          + " derivative of "
          + (output < 0 ? "the result" : "result element " + output)
          + " by "
          + (element < 0 ? "a direction in " + leaf : "element " + element + " of " + leaf)
          + " is "
          + analytic
          + " by the rules and "
          + numeric
          + " by differences (tolerance "
          + (float) tolerance
          + ")";
    }
  }

  /// What a check found.
  ///
  /// @param compared how many pairs of numbers were compared
  public record Report(String what, int compared, List<Mismatch> mismatches) {
    public boolean passed() {
      return mismatches.isEmpty();
    }

    Report and(Report other) {
      List<Mismatch> all = new ArrayList<>(mismatches);
      all.addAll(other.mismatches);
      return new Report(what, compared + other.compared, List.copyOf(all));
    }

    /// The first ten mismatches, one a line.
    @Override
    public String toString() {
      if (passed()) {
        return what + ": " + compared + " derivatives agree";
      }
      StringBuilder text =
          new StringBuilder(
              what + ": " + mismatches.size() + " of " + compared + " derivatives differ");
      mismatches.stream().limit(10).forEach(m -> text.append("\n  ").append(m));
      return text.toString();
    }
  }

  /// Checks a function of a tensor, or of anything that [telos.tensor.Tree] can walk, at a point.
  ///
  /// @param function its value may have any shape
  public <M> Report check(String what, Function<M, Tensor> function, M at) {
    Probe<M> probe = Probe.of(what, 1, function, at, this);
    Report report = probe.report();
    return orders > 1 ? report.and(probe.derivative().report()) : report;
  }

  /// As [#check(String, Function, Object)], and throws what it found.
  ///
  /// @throws AssertionError with the report, if a derivative differs
  public <M> void require(String what, Function<M, Tensor> function, M at) {
    require(check(what, function, at));
  }

  /// Checks an operation by its inputs, each result alone and all together, and its own derivative,
  /// if it brings one, against that of its definition. The paths are the numbers of the inputs.
  public Report check(Op.Fused op) {
    Report report = check(op.name(), FusedCase.of(op)::all, op.inputs());
    for (int i = 0; i < op.resultCount() && op.resultCount() > 1; i++) {
      int result = i;
      String what = op.name() + " result " + i;
      report = report.and(check(what, FusedCase.of(op).result(result), op.inputs()));
    }
    return report.and(FusedCase.of(op).againstDefinition(this));
  }

  /// As [#check(Op.Fused)], and throws what it found.
  ///
  /// @throws AssertionError with the report, if a derivative differs
  public void require(Op.Fused op) {
    require(check(op));
  }

  private static void require(Report report) {
    if (!report.passed()) {
      throw new AssertionError(report.toString());
    }
  }
}
