package telos.tensor.fused;

import java.util.List;
import telos.tensor.DType;
import telos.tensor.Op;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// Derivative of [CrossEntropy]: `(exp(logits - logSumExp) - onehot(labels)) g`, `[..., V]`.
///
/// @param logits `[..., V]`
/// @param labels I32 `[...]`
/// @param logSumExp `[...]`
/// @param g cotangent of the likelihoods, `[...]`
public record CrossEntropyGrad(Tensor logits, Tensor labels, Tensor logSumExp, Tensor g)
    implements Op.Fused {
  @Override
  public List<Tensor> inputs() {
    return List.of(logits, labels, logSumExp, g);
  }

  @Override
  public CrossEntropyGrad with(List<Tensor> in) {
    return new CrossEntropyGrad(in.get(0), in.get(1), in.get(2), in.get(3));
  }

  @Override
  public Shape shape() {
    return logits.shape();
  }

  @Override
  public DType dtype() {
    return logits.dtype();
  }

  @Override
  public List<Tensor> definition() {
    Tensor p = logits.sub(logSumExp.unsqueeze(-1)).exp();
    Tensor hit = labels.oneHot(logits.dim(-1)).cast(logits.dtype());
    return List.of(p.sub(hit).mul(g.unsqueeze(-1)));
  }
}
