package telos.rl;

import telos.tensor.Rng;
import telos.tensor.Tensor;

/// Independent yes-or-no decisions: A of them at each position.
///
/// @param logits log-odds `[..., A]`
public record Bernoulli(Tensor logits) implements ExponentialFamily {
  /// @param actions BOOL or 0 and 1, `[..., A]`
  @Override
  public Tensor logProb(Tensor actions) {
    Tensor taken = logits.mul(actions.cast(logits.dtype()));
    return taken.sub(logits.softplus()).sum(-1);
  }

  /// In nats, `[...]`.
  @Override
  public Tensor entropy() {
    return logits.softplus().sub(logits.mul(logits.sigmoid())).sum(-1);
  }

  /// `KL(this || other)` in nats, `[...]`.
  public Tensor kl(Bernoulli other) {
    Tensor more = logits.sub(other.logits).mul(logits.sigmoid());
    return more.sub(logits.softplus()).add(other.logits.softplus()).sum(-1);
  }

  /// BOOL `[..., A]`.
  @Override
  public Tensor sample(Rng key) {
    return key.uniform(logits.shape()).cast(logits.dtype()).lt(logits.sigmoid());
  }

  /// BOOL `[..., A]`: what is more likely than not.
  @Override
  public Tensor mode() {
    return logits.gt(0);
  }
}
