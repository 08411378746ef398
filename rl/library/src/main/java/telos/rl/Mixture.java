package telos.rl;

import telos.tensor.Rng;
import telos.tensor.Tensor;
import telos.tensor.fused.LogSumExp;

/// One of M Gaussians at each position, with a weight each.
///
/// @param weights over `[..., M]`
/// @param parts `[..., M, A]`
public record Mixture(Categorical weights, Normal parts) implements Distribution {
  public Mixture {
    if (!parts.mean().shape().without(-1).equals(weights.logProbs().shape())) {
      throw new IllegalArgumentException(
          "mixture: weights "
              + weights.logProbs().shape()
              + " and parts "
              + parts.mean().shape()
              + " do not fit; needs [..., M] and [..., M, A]");
    }
  }

  /// @param actions `[..., A]`
  @Override
  public Tensor logProb(Tensor actions) {
    Tensor each = parts.logProb(actions.unsqueeze(-2).broadcastTo(parts.mean().shape()));
    return new LogSumExp(weights.logProbs().add(each)).result();
  }

  /// The gradient flows into the part that was drawn, not into the weights.
  @Override
  public Tensor sample(Rng key) {
    return picked(weights.sample(key.fold("part")), parts.sample(key.fold("value")));
  }

  /// The mean of the part with the largest weight.
  @Override
  public Tensor mode() {
    return picked(weights.mode(), parts.mean());
  }

  /// @param part I32 `[...]`
  /// @param values `[..., M, A]`
  private static Tensor picked(Tensor part, Tensor values) {
    Tensor marked = part.oneHot(values.dim(-2)).eq(1).unsqueeze(-1).broadcastTo(values.shape());
    return marked.where(values, values.zerosLike()).sum(-2);
  }
}
