package telos.nn;

import telos.tensor.Tensor;
import telos.tensor.fused.CrossEntropy;
import telos.tensor.fused.LogSoftmax;
import telos.tensor.fused.LogSumExp;

/// Log-probabilities of given tokens, in nats. Generation and training both come here, so that on
/// one device they agree to the bit. Sums and means over a sequence are two named functions: which
/// one an objective uses is part of its definition.
public final class LogProbs {
  private LogProbs() {}

  /// `log softmax(logits)[target]` of every position.
  ///
  /// @param logits `[..., V]`
  /// @param targets I32 `[...]`
  /// @return `[...]`
  public static Tensor of(Tensor logits, Tensor targets) {
    return new CrossEntropy(logits, targets).result().neg();
  }

  /// The log-probabilities of the whole vocabulary; those that [#of] gives are among them, to the
  /// bit.
  ///
  /// @param logits `[..., V]`
  /// @return `[..., V]`
  public static Tensor all(Tensor logits) {
    return new LogSumExp(logits).result().unsqueeze(-1).sub(logits).neg();
  }

  /// The log-probability of each token given those before it: element `t` belongs to token `t + 1`.
  ///
  /// @param logits `[B, T, V]` of the model on `ids`
  /// @param ids I32 `[B, T]`
  /// @return `[B, T - 1]`
  public static Tensor ofNext(Tensor logits, Tensor ids) {
    return of(logits.slice(1, 0, -1), ids.slice(1, 1, ids.dim(1)));
  }

  /// Of each row, the sum over its marked tokens.
  ///
  /// @param logProbs `[B, T]`
  /// @param mask `[B, T]`, BOOL or weights
  /// @return `[B]`
  public static Tensor sum(Tensor logProbs, Tensor mask) {
    return Masks.apply("LogProbs.sum", logProbs, mask).sum(-1);
  }

  /// Of each row, the mean over its marked tokens; zero where none is marked.
  ///
  /// @param logProbs `[B, T]`
  /// @param mask `[B, T]`, BOOL or weights
  /// @return `[B]`
  public static Tensor mean(Tensor logProbs, Tensor mask) {
    Tensor count = mask.cast(logProbs.dtype()).sum(-1);
    Tensor none = count.eq(0);
    return sum(logProbs, mask).div(none.where(count.onesLike(), count));
  }

  /// Entropy of the softmax of every position, in nats.
  ///
  /// @param logits `[..., V]`
  /// @return `[...]`
  public static Tensor entropy(Tensor logits) {
    Tensor logProbs = new LogSoftmax(logits).result();
    return logProbs.exp().mul(logProbs).sum(-1).neg();
  }
}
