package telos.nn.format;

import java.util.Iterator;
import java.util.List;
import telos.nn.GruCell;
import telos.nn.Linear;
import telos.nn.LstmCell;
import telos.nn.Recurrence;
import telos.nn.format.OnnxGraph.Attribute;
import telos.tensor.DType;
import telos.tensor.Shape;

/// A [Recurrence] as ONNX's `LSTM` or `GRU` of one direction. Those take sequences `[T, B, in]`,
/// lengths of INT32, weights `[1, G H, in]` and `[1, G H, H]` and both biases as `[1, 2 G H]`, the
/// G gates in another order than here; the parameters keep their form in the file and are brought
/// into that one by operators before the first step, which runtimes compute as they load it.
///
/// @param graph where nodes go
/// @param gates which of the cell's gates stands at each place of the operator's
/// @param width H
record OnnxRecurrence(OnnxGraph graph, long[] gates, int width) {
  /// i, o, f, c of the cell's i, f, g, o.
  private static final long[] LSTM = {0, 3, 1, 2};

  /// z, r, h of the cell's r, z, n.
  private static final long[] GRU = {1, 0, 2};

  /// The names of the two maps in the form of the operator.
  private record Weights(String matrix, String bias) {}

  /// Whether the operators compute it: runtimes have them in F32 alone.
  static boolean fits(Recurrence op) {
    return op.dtype() == DType.F32 && op.cell().hidden().weight().rank() == 2;
  }

  /// The outputs and the last state.
  ///
  /// @param in the names of its inputs
  static List<String> of(OnnxGraph graph, Recurrence op, List<String> in) {
    long[] gates =
        switch (op.cell()) {
          case LstmCell _ -> LSTM;
          case GruCell _ -> GRU;
        };
    return new OnnxRecurrence(graph, gates, op.cell().width()).results(op, in.iterator());
  }

  private List<String> results(Recurrence op, Iterator<String> in) {
    var x = graph.node("Transpose", in.next(), Attribute.of("perm", List.of(1L, 0L, 2L)));
    var lengths = graph.node("Cast", in.next(), Attribute.of("to", OnnxType.INT32.number()));
    var input = weights(op.cell().input(), in);
    var hidden = weights(op.cell().hidden(), in);
    var bias = graph.node("Concat", List.of(input.bias(), hidden.bias()), axis(1));
    var inputs = List.of(x, input.matrix(), hidden.matrix(), bias, lengths);
    var direction = Attribute.of("direction", op.backward() ? "reverse" : "forward");
    var size = Attribute.of("hidden_size", width);
    return switch (op.cell()) {
      case LstmCell _ -> {
        var made = graph.node(3, "LSTM", inputs, direction, size);
        var state = List.of(alone(made.get(1), 0), alone(made.get(2), 0));
        yield List.of(outputs(made.getFirst()), graph.node("Concat", state, axis(1)));
      }
      case GruCell _ -> {
        var reset = Attribute.of("linear_before_reset", 1);
        var made = graph.node(2, "GRU", inputs, direction, size, reset);
        yield List.of(outputs(made.getFirst()), alone(made.getLast(), 0));
      }
    };
  }

  /// `[T, 1, B, H]` to `[B, T, H]`.
  private String outputs(String made) {
    return graph.node("Transpose", alone(made, 1), Attribute.of("perm", List.of(1L, 0L, 2L)));
  }

  /// Without the axis of the one direction.
  private String alone(String made, int axis) {
    return graph.node("Squeeze", List.of(made, graph.integers(axis)));
  }

  private Weights weights(Linear map, Iterator<String> in) {
    var weight = in.next();
    boolean narrow = map.weight().dtype() != DType.F32;
    return new Weights(
        matrix(narrow ? OnnxTranslation.cast(graph, weight, DType.F32) : weight, map.in()),
        map.bias().isPresent() ? bias(in.next()) : noBias());
  }

  /// `[in, G H]` to `[1, G H, in]`.
  private String matrix(String weight, int inputs) {
    var byGate =
        graph.node("Reshape", List.of(weight, graph.integers(inputs, gates.length, width)));
    var turned = graph.node("Transpose", byGate, Attribute.of("perm", List.of(1L, 2L, 0L)));
    return ordered(turned, 1, (long) gates.length * width, inputs);
  }

  /// `[G H]` to `[1, G H]`.
  private String bias(String bias) {
    var byGate = graph.node("Reshape", List.of(bias, graph.integers(gates.length, width)));
    return ordered(byGate, 1, (long) gates.length * width);
  }

  private String noBias() {
    int size = gates.length * width;
    return graph.constant(new float[size], DType.F32, Shape.of(1, size));
  }

  private String ordered(String byGate, long... dims) {
    var gathered = graph.node("Gather", List.of(byGate, graph.integers(gates)), axis(0));
    return graph.node("Reshape", List.of(gathered, graph.integers(dims)));
  }

  private static Attribute axis(int axis) {
    return Attribute.of("axis", axis);
  }
}
