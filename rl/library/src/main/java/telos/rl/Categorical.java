package telos.rl;

import java.util.Optional;
import telos.tensor.Rng;
import telos.tensor.Tensor;
import telos.tensor.fused.LogSoftmax;

/// Distribution over the last axis.
///
/// @param logProbs normalised log-probabilities `[..., A]`
public record Categorical(Tensor logProbs) implements ExponentialFamily {

  /// From unnormalised logits `[..., A]`.
  public static Categorical ofLogits(Tensor logits) {
    return new Categorical(new LogSoftmax(logits).result());
  }

  /// From logits of which only those where `allowed` (BOOL `[..., A]`) is true take part. A row
  /// that allows nothing is the caller's error and yields NaN.
  public static Categorical ofLogits(Tensor logits, Tensor allowed) {
    return ofLogits(ActionMasks.of(logits, Optional.of(allowed)));
  }

  /// Given that the action is one of those that make sense, BOOL `[..., A]`; empty where all do.
  public Categorical among(Optional<Tensor> allowed) {
    return allowed.map(some -> ofLogits(logProbs, some)).orElse(this);
  }

  /// `log p(action)`.
  ///
  /// @param actions I32 `[...]`
  /// @return `[...]`
  @Override
  public Tensor logProb(Tensor actions) {
    return logProbs.pick(actions);
  }

  /// `-sum p log p` in nats, `[...]`; impossible actions add nothing.
  @Override
  public Tensor entropy() {
    return plogp(logProbs, logProbs).neg();
  }

  /// `KL(this || other) = sum p (log p - log q)` in nats, `[...]`.
  public Tensor kl(Categorical other) {
    return plogp(logProbs, logProbs).sub(plogp(logProbs, other.logProbs));
  }

  /// `sum exp(a) b`, zero where `exp(a)` is zero though `b` is infinite.
  private static Tensor plogp(Tensor a, Tensor b) {
    Tensor p = a.exp();
    Tensor possible = p.gt(0);
    Tensor zero = p.zerosLike();
    return possible.where(p.mul(possible.where(b, zero)), zero).sum(-1);
  }

  /// One action for each leading position, I32 `[...]`.
  @Override
  public Tensor sample(Rng key) {
    return key.categorical(logProbs);
  }

  /// The most probable action, I32 `[...]`; the lowest index of equals.
  @Override
  public Tensor mode() {
    return logProbs.argMax(-1);
  }
}
