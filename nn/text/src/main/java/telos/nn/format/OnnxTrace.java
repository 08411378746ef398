package telos.nn.format;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import telos.tensor.DType;
import telos.tensor.Op;
import telos.tensor.Recorder;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.fused.Attention;

/// The operations of one run of a function, over numbered values. Fused operations that ONNX has no
/// operator for stand as the operations of their definition.
final class OnnxTrace implements Recorder {
  /// A parameter, an input, a result, or a constant.
  ///
  /// @param elements the Java array of a constant, else null
  record Value(Shape shape, DType dtype, @Nullable Object elements) {}

  /// One operation.
  ///
  /// @param inputs the numbers of what it reads
  /// @param outputs the numbers of its results
  record Step(Op op, List<Integer> inputs, List<Integer> outputs) {
    /// The number of its only result.
    int output() {
      return outputs.getFirst();
    }
  }

  private static final int NEW = -1;
  private static final int RESIDUAL = -2;

  private final int opset;
  private final Map<Tensor, Integer> numbers = new HashMap<>();
  private final List<Value> values = new ArrayList<>();
  private final List<Step> steps = new ArrayList<>();

  /// @param known parameters and inputs, which get the first numbers
  OnnxTrace(int opset, List<Tensor> known) {
    this.opset = opset;
    known.forEach(tensor -> number(tensor, null));
  }

  List<Value> values() {
    return values;
  }

  List<Step> steps() {
    return steps;
  }

  @Override
  public void record(Op op, List<Tensor> outputs) {
    switch (op) {
      case Op.StopGradient same -> alias(outputs, List.of(same.x()));
      case Op.ToDevice same -> alias(outputs, List.of(same.x()));
      case Attention attention -> alias(outputs, List.of(attention.byWeights()));
      case Op.Fused fused when !OnnxFused.knows(fused, opset) -> alias(outputs, fused.definition());
      default -> {
        var inputs = op.inputs().stream().map(this::number).toList();
        int results = op instanceof Op.Fused fused ? fused.resultCount() : 1;
        var made = outputs.stream().limit(results).map(result -> number(result, null)).toList();
        steps.add(new Step(op, inputs, made));
        outputs.stream().skip(results).forEach(residual -> numbers.put(residual, RESIDUAL));
      }
    }
  }

  @Override
  public boolean knows(Op.Fused op) {
    return OnnxFused.knows(op, opset);
  }

  /// The number of a tensor; one that nobody here has made is a constant, and is read now, as it
  /// may be dead later.
  int number(Tensor tensor) {
    int known = numbers.getOrDefault(tensor, NEW);
    if (known == RESIDUAL) {
      throw new IllegalArgumentException(
          "onnx: the function reads a residual of shape "
              + tensor.shape()
              + ", which only derivatives do; export the function itself");
    }
    return known == NEW ? number(tensor, tensor.toArray()) : known;
  }

  private int number(Tensor tensor, @Nullable Object elements) {
    numbers.putIfAbsent(tensor, values.size());
    values.add(new Value(tensor.shape(), tensor.dtype(), elements));
    return values.size() - 1;
  }

  private void alias(List<Tensor> outputs, List<Tensor> same) {
    for (int i = 0; i < Math.min(outputs.size(), same.size()); i++) {
      numbers.put(outputs.get(i), number(same.get(i)));
    }
  }
}
