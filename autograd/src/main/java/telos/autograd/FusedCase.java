package telos.autograd;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import telos.tensor.Op;
import telos.tensor.Tensor;

/// A fused operation as a function of its inputs.
record FusedCase(Op.Fused op) {
  static FusedCase of(Op.Fused op) {
    return new FusedCase(op);
  }

  /// All results as one vector.
  Tensor all(List<Tensor> inputs) {
    return joined(op.with(inputs).outputs());
  }

  private Tensor definition(List<Tensor> inputs) {
    return joined(op.with(inputs).definition());
  }

  private Tensor joined(List<Tensor> outputs) {
    return Tensor.concat(
        0,
        outputs.subList(0, op.resultCount()).stream()
            .map(output -> output.reshape(output.size()))
            .toList());
  }

  Function<List<Tensor>, Tensor> result(int index) {
    return inputs -> op.with(inputs).outputs().get(index);
  }

  /// The derivative along one random combination of the results, by both ways.
  GradCheck.Report againstDefinition(GradCheck check) {
    Probe<List<Tensor>> own = Probe.of(op.name(), 1, this::all, op.inputs(), check);
    Probe<List<Tensor>> defined = Probe.of(op.name(), 1, this::definition, op.inputs(), check);
    List<double[]> derivative = own.gradient();
    List<double[]> expected = defined.gradient();
    List<GradCheck.Mismatch> mismatches = new ArrayList<>();
    int compared = 0;
    for (int leaf = 0; leaf < expected.size(); leaf++) {
      compared += expected.get(leaf).length;
      for (int i = 0; i < expected.get(leaf).length; i++) {
        double one = derivative.get(leaf)[i];
        double other = expected.get(leaf)[i];
        double allowed = 1e-9 * Math.max(1, Math.abs(other));
        if (!(Math.abs(one - other) <= allowed)) {
          mismatches.add(
              new GradCheck.Mismatch(
                  op.name() + " against its definition",
                  1,
                  own.path(leaf),
                  i,
                  -1,
                  one,
                  other,
                  allowed));
        }
      }
    }
    return new GradCheck.Report(op.name(), compared, mismatches);
  }
}
