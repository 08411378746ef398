package telos.devices.opencl;

import java.util.List;
import org.jspecify.annotations.Nullable;
import telos.tensor.DType;
import telos.tensor.Op;
import telos.tensor.Plan;
import telos.tensor.Tensor;
import telos.tensor.fused.AdamW;
import telos.tensor.fused.Attention;
import telos.tensor.fused.AttentionGrad;
import telos.tensor.fused.CachedAttention;
import telos.tensor.fused.CrossEntropy;
import telos.tensor.fused.CrossEntropyGrad;
import telos.tensor.fused.LayerNorm;
import telos.tensor.fused.LayerNormGrad;
import telos.tensor.fused.Linear;
import telos.tensor.fused.LogSoftmax;
import telos.tensor.fused.LogSoftmaxGrad;
import telos.tensor.fused.LogSumExp;
import telos.tensor.fused.NarrowLinear;
import telos.tensor.fused.PutAt;
import telos.tensor.fused.RmsNorm;
import telos.tensor.fused.RmsNormGrad;
import telos.tensor.fused.Rotary;
import telos.tensor.fused.Softmax;
import telos.tensor.fused.SoftmaxGrad;
import telos.tensor.fused.SquareSums;

/// Which fused operation has which kernel; the others run by their definition, whose elementwise
/// operations are joined in generated kernels.
final class Fusion {
  private Fusion() {}

  /// Null where its definition may as well run as it stands.
  static @Nullable List<Tensor> run(OpenClDevice device, Op.Fused op) {
    boolean floats = op.inputs().stream().allMatch(x -> x.dtype() != DType.F64);
    if (op instanceof SquareSums sums) {
      boolean all = op.inputs().stream().allMatch(x -> x.dtype() == DType.F32);
      return all ? Leaves.squareSums(device, sums) : joined(device, op);
    }
    boolean known = floats && op.dtype() == DType.F32 && !op.inputs().isEmpty();
    return known && op.inputs().getFirst().size() > 0 ? kernel(device, op) : joined(device, op);
  }

  private static @Nullable List<Tensor> kernel(OpenClDevice device, Op.Fused op) {
    return switch (op) {
      case Linear linear when !empty(linear) -> Products.linear(device, linear);
      case NarrowLinear narrow when Products.few(narrow) -> Products.narrowLinear(device, narrow);
      case Attention attention -> CausalAttention.forward(device, attention);
      case AttentionGrad grad -> CausalAttention.backward(device, grad);
      case CachedAttention attention -> CachedRows.run(device, attention);
      case Softmax softmax -> Rows.map(device, "softmax", softmax.x());
      case SoftmaxGrad grad -> Rows.map(device, "softmaxGrad", grad.y(), grad.g());
      case LogSoftmax softmax -> Rows.map(device, "logSoftmax", softmax.x());
      case LogSoftmaxGrad grad -> Rows.map(device, "logSoftmaxGrad", grad.y(), grad.g());
      case LogSumExp logSumExp -> Rows.logSumExp(device, logSumExp);
      case CrossEntropy crossEntropy -> Rows.crossEntropy(device, crossEntropy);
      case CrossEntropyGrad grad -> Rows.crossEntropyGrad(device, grad);
      case LayerNorm norm -> Rows.layerNorm(device, norm);
      case LayerNormGrad grad -> Rows.layerNormGrad(device, grad);
      case RmsNorm norm -> Rows.rmsNorm(device, norm);
      case RmsNormGrad grad -> Rows.rmsNormGrad(device, grad);
      case Rotary rotary -> Rows.rotary(device, rotary);
      case PutAt put -> Rows.putAt(device, put);
      case AdamW adamW -> Leaves.adamW(device, adamW);
      default -> joined(device, op);
    };
  }

  /// Whether there is nothing to multiply.
  private static boolean empty(Op.Fused op) {
    return op.inputs().stream().anyMatch(x -> x.size() == 0);
  }

  private static @Nullable List<Tensor> joined(OpenClDevice device, Op.Fused op) {
    return Plan.run(device, op, value -> Pass.from(device, value));
  }
}
