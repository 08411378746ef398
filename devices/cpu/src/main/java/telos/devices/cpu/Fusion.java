package telos.devices.cpu;

import java.util.List;
import org.jspecify.annotations.Nullable;
import telos.tensor.DType;
import telos.tensor.Op;
import telos.tensor.Tensor;
import telos.tensor.fused.AdamW;
import telos.tensor.fused.Attention;
import telos.tensor.fused.AttentionGrad;
import telos.tensor.fused.CachedAttention;
import telos.tensor.fused.CrossEntropy;
import telos.tensor.fused.CrossEntropyGrad;
import telos.tensor.fused.Gelu;
import telos.tensor.fused.GeluErf;
import telos.tensor.fused.GeluErfGrad;
import telos.tensor.fused.GeluGrad;
import telos.tensor.fused.LayerNorm;
import telos.tensor.fused.LayerNormGrad;
import telos.tensor.fused.Linear;
import telos.tensor.fused.LogSoftmax;
import telos.tensor.fused.LogSoftmaxGrad;
import telos.tensor.fused.LogSumExp;
import telos.tensor.fused.MaximumGrad;
import telos.tensor.fused.NarrowLinear;
import telos.tensor.fused.PutAt;
import telos.tensor.fused.RmsNorm;
import telos.tensor.fused.RmsNormGrad;
import telos.tensor.fused.Rotary;
import telos.tensor.fused.Silu;
import telos.tensor.fused.SiluGrad;
import telos.tensor.fused.Softmax;
import telos.tensor.fused.SoftmaxGrad;
import telos.tensor.fused.SquareSums;

/// Which fused operation has which kernel. What is not F32 or degenerate (an empty last axis) runs
/// by its definition; what is not known here by its definition too, in a [Chain].
final class Fusion {
  private Fusion() {}

  static @Nullable List<Tensor> run(CpuDevice device, Op.Fused op) {
    if (op instanceof SquareSums sums) {
      return sums.leaves().stream().allMatch(leaf -> leaf.dtype() == DType.F32)
          ? Norms.squareSums(device, sums)
          : null;
    }
    boolean floats = op.dtype() == DType.F32 && !op.inputs().isEmpty();
    if (!floats || op.inputs().getFirst().size() == 0) {
      return null;
    }
    return switch (op) {
      case Linear linear -> Products.linear(device, linear);
      case NarrowLinear narrow when narrow.out() > 0 -> NarrowProduct.run(device, narrow);
      case Attention attention -> Products.attention(device, attention);
      case AttentionGrad grad -> Products.attentionGrad(device, grad);
      case CachedAttention attention -> Products.cachedAttention(device, attention);
      case Softmax softmax -> SoftmaxRows.softmax(device, softmax);
      case SoftmaxGrad grad -> SoftmaxRows.softmaxGrad(device, grad);
      case LogSoftmax logSoftmax -> SoftmaxRows.logSoftmax(device, logSoftmax);
      case LogSoftmaxGrad grad -> SoftmaxRows.logSoftmaxGrad(device, grad);
      case LogSumExp logSumExp -> SoftmaxRows.logSumExp(device, logSumExp);
      case CrossEntropy crossEntropy -> SoftmaxRows.crossEntropy(device, crossEntropy);
      case CrossEntropyGrad grad -> SoftmaxRows.crossEntropyGrad(device, grad);
      case LayerNorm norm -> Normalize.layerNorm(device, norm);
      case LayerNormGrad grad when columns(grad.x()) -> Normalize.layerNormGrad(device, grad);
      case RmsNorm norm -> Normalize.rmsNorm(device, norm);
      case RmsNormGrad grad when columns(grad.x()) -> Normalize.rmsNormGrad(device, grad);
      case Gelu gelu -> Activation.gelu(device, gelu);
      case GeluGrad grad -> Activation.geluGrad(device, grad);
      case GeluErf gelu -> Activation.geluErf(device, gelu);
      case GeluErfGrad grad -> Activation.geluErfGrad(device, grad);
      case Silu silu -> Activation.silu(device, silu);
      case SiluGrad grad -> Activation.siluGrad(device, grad);
      case Rotary rotary -> Rotation.run(device, rotary);
      case MaximumGrad grad -> Elementwise.maximumGrad(device, grad);
      case PutAt put -> Index.putAt(device, put);
      case AdamW adamW -> Optimize.adamW(device, adamW);
      default -> Chain.run(device, op);
    };
  }

  /// Whether parameter gradients are sums down columns: a width of 1 sums along a row instead, a
  /// single vector not at all.
  private static boolean columns(Tensor x) {
    return x.rank() > 1 && x.dim(-1) > 1;
  }
}
