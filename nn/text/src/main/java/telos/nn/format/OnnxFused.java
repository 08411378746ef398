package telos.nn.format;

import java.util.List;
import telos.nn.Recurrence;
import telos.nn.format.OnnxGraph.Attribute;
import telos.tensor.DType;
import telos.tensor.Op;
import telos.tensor.Shape;
import telos.tensor.fused.Gelu;
import telos.tensor.fused.GeluErf;
import telos.tensor.fused.LayerNorm;
import telos.tensor.fused.Linear;
import telos.tensor.fused.LogSoftmax;
import telos.tensor.fused.RmsNorm;
import telos.tensor.fused.Silu;
import telos.tensor.fused.Softmax;

/// Fused operations that have an operator, or a form that runtimes know, in ONNX.
final class OnnxFused {
  private static final int NATIVE_GELU = 20;
  private static final int NATIVE_RMS_NORM = 23;
  private static final Attribute LAST = Attribute.of("axis", -1);

  private OnnxFused() {}

  /// Whether [#results] translates it; all others are exported by their definition.
  static boolean knows(Op.Fused op, int opset) {
    return switch (op) {
      case Softmax _, LogSoftmax _, LayerNorm _, Gelu _, Silu _ -> true;
      case GeluErf _ -> opset >= NATIVE_GELU;
      case RmsNorm _ -> opset >= NATIVE_RMS_NORM;
      case Linear linear -> linear.w().rank() == 2 && linear.x().rank() > 1;
      case Recurrence pass -> OnnxRecurrence.fits(pass);
      default -> false;
    };
  }

  /// The results of an operation that [#knows].
  ///
  /// @param in the names of its inputs
  static List<String> results(OnnxGraph graph, Op.Fused op, List<String> in, int opset) {
    return op instanceof Recurrence pass
        ? OnnxRecurrence.of(graph, pass, in)
        : List.of(node(graph, op, in, opset));
  }

  private static String node(OnnxGraph graph, Op.Fused op, List<String> in, int opset) {
    return switch (op) {
      case Softmax _ -> graph.node("Softmax", in, LAST);
      case LogSoftmax _ -> graph.node("LogSoftmax", in, LAST);
      case LayerNorm norm -> graph.node("LayerNormalization", in, LAST, epsilon(norm.eps()));
      case RmsNorm norm -> graph.node("RMSNormalization", in, LAST, epsilon(norm.eps()));
      case Silu _ -> graph.node("Mul", List.of(in.getFirst(), graph.node("Sigmoid", in)));
      case GeluErf _ -> graph.node("Gelu", in);
      case Gelu _ when opset >= NATIVE_GELU ->
          graph.node("Gelu", in, Attribute.of("approximate", "tanh"));
      case Gelu gelu -> gelu(graph, in.getFirst(), gelu.dtype());
      case Linear _ -> {
        var product = graph.node("MatMul", in.subList(0, 2));
        yield in.size() == 2 ? product : graph.node("Add", List.of(product, in.get(2)));
      }
      default -> throw new IllegalArgumentException("no operator for " + op.name());
    };
  }

  private static Attribute epsilon(double eps) {
    return Attribute.of("epsilon", (float) eps);
  }

  /// `x/2 (1 + tanh(x (a + b x^2)))`, `a = sqrt(2/pi)`, `b = 0.044715 a`.
  private static String gelu(OnnxGraph graph, String x, DType dtype) {
    var square = graph.node("Mul", List.of(x, x));
    var cubic = graph.node("Mul", List.of(square, scalar(graph, Gelu.CUBIC / 2, dtype)));
    var slope = graph.node("Add", List.of(cubic, scalar(graph, Gelu.LINEAR / 2, dtype)));
    var tanh = graph.node("Tanh", graph.node("Mul", List.of(slope, x)));
    var gate = graph.node("Add", List.of(tanh, scalar(graph, 1, dtype)));
    var half = graph.node("Mul", List.of(x, scalar(graph, 0.5, dtype)));
    return graph.node("Mul", List.of(half, gate));
  }

  /// A constant of rank 0; integers are truncated.
  static String scalar(OnnxGraph graph, double value, DType dtype) {
    Object array =
        switch (dtype) {
          case F32 -> new float[] {(float) value};
          case F64 -> new double[] {value};
          default -> new int[] {(int) value};
        };
    return graph.constant(array, dtype, Shape.SCALAR);
  }
}
