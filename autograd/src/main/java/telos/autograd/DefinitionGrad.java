package telos.autograd;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import telos.tensor.DType;
import telos.tensor.Op;
import telos.tensor.Recorder;
import telos.tensor.Scope;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// The derivative of a fused operation that brings none: its definition on a tape of its own, swept
/// back. It is a fused operation itself, so that a device may join definition and derivative in one
/// pass over memory and nothing between them is kept.
///
/// Results: the cotangents of the inputs `wanted`.
///
/// @param cotangents of the results `results` of the operation
record DefinitionGrad(
    Op.Fused op, List<Integer> results, List<Tensor> cotangents, List<Integer> wanted)
    implements Op.Fused {

  /// @param cotangents one for each result, null where it was not used
  /// @param wanted one for each input, null where no derivative flows
  static DefinitionGrad of(
      Op.Fused op, List<@Nullable Tensor> cotangents, @Nullable Object[] wanted) {
    List<Integer> results = new ArrayList<>();
    List<Tensor> known = new ArrayList<>();
    for (int i = 0; i < cotangents.size(); i++) {
      Tensor cotangent = cotangents.get(i);
      if (cotangent != null) {
        results.add(i);
        known.add(cotangent);
      }
    }
    List<Integer> inputs = new ArrayList<>();
    for (int i = 0; i < wanted.length; i++) {
      if (wanted[i] != null) {
        inputs.add(i);
      }
    }
    return new DefinitionGrad(op, results, known, inputs);
  }

  @Override
  public String name() {
    return op.name() + "Grad";
  }

  @Override
  public List<Tensor> inputs() {
    List<Tensor> inputs = new ArrayList<>(op.inputs());
    inputs.addAll(cotangents);
    return inputs;
  }

  @Override
  public DefinitionGrad with(List<Tensor> in) {
    int own = op.inputs().size();
    return new DefinitionGrad(
        op.with(in.subList(0, own)), results, in.subList(own, in.size()), wanted);
  }

  @Override
  public int resultCount() {
    return wanted.size();
  }

  @Override
  public Shape shape() {
    return op.inputs().get(wanted.getFirst()).shape();
  }

  @Override
  public DType dtype() {
    return op.inputs().get(wanted.getFirst()).dtype();
  }

  /// What the inner tape has found is handed outward with its scope, and no longer held.
  @Override
  public List<Tensor> definition() {
    List<Runnable> after = new ArrayList<>();
    List<Tensor> found =
        Scope.call(
            name(),
            () -> {
              Tape tape = new Tape(null, Objects.requireNonNull(Scope.current()));
              List<Tensor> inputs = op.inputs().stream().map(Tensor::alias).toList();
              after.add(() -> wanted.forEach(input -> tape.hand(inputs.get(input))));
              return swept(tape, inputs);
            });
    after.forEach(Runnable::run);
    return found;
  }

  private List<Tensor> swept(Tape tape, List<Tensor> inputs) {
    for (int input : wanted) {
      tape.watch(inputs.get(input), "input " + input + " of " + op.name());
    }
    List<Tensor> outputs =
        ScopedValue.where(Recorder.CURRENT, tape).call(() -> op.with(inputs).definition());
    tape.sweep(results.stream().map(outputs::get).toList(), cotangents);
    return wanted.stream().map(input -> tape.cotangent(inputs.get(input))).toList();
  }
}
