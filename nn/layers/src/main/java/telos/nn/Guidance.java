package telos.nn;

import java.util.function.BinaryOperator;
import telos.tensor.Tensor;
import telos.tensor.fused.LogSoftmax;

/// A second model that reads the same tokens, with a cache of its own, and has a say in the scores
/// of the next: contrastive decoding, expert and anti-expert, classifier-free guidance. What is
/// reported as a token's log-probability remains the first model's own.
///
/// @param model with the vocabulary of the first
/// @param combine scores `[B, V]` of the first model and of this one to those that are drawn from,
///   row by row
public record Guidance(Gpt model, BinaryOperator<Tensor> combine) {
  /// Contrastive decoding (Li et al. 2023, equations 2 to 4): `log p_expert - log p_amateur` of the
  /// tokens whose probability is at least `plausibility` times that of the expert's most likely
  /// one.
  ///
  /// @param plausibility in `(0, 1]`; the paper takes 0.1
  public static Guidance contrastive(Gpt amateur, double plausibility) {
    if (!(plausibility > 0 && plausibility <= 1)) {
      throw new IllegalArgumentException(
          "contrastive: plausibility is " + plausibility + ", must be in (0, 1]");
    }
    double log = StrictMath.log(plausibility);
    return new Guidance(
        amateur,
        (expert, other) -> {
          Tensor good = new LogSoftmax(expert).result();
          Tensor implausible = good.lt(good.max(-1).unsqueeze(-1).add(log));
          return good.sub(new LogSoftmax(other).result())
              .maskedFill(implausible, Double.NEGATIVE_INFINITY);
        });
  }
}
