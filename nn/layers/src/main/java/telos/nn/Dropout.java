package telos.nn;

import telos.tensor.Rng;
import telos.tensor.Tensor;

/// Dropout (Srivastava et al. 2014): each element is zero with probability `rate`, the others are
/// divided by `1 - rate`. There is no train flag: to evaluate, do not call it.
public record Dropout(double rate) {
  public Dropout {
    if (!(rate >= 0 && rate < 1)) {
      throw new IllegalArgumentException("dropout: rate " + rate + " is not in [0, 1)");
    }
  }

  /// `x` with some elements dropped.
  ///
  /// @param key decides which elements stay; use another key for every call
  public Tensor call(Tensor x, Rng key) {
    if (rate == 0) {
      return x;
    }
    Tensor kept = key.bernoulli(1 - rate, x.shape());
    return kept.where(x.div(1 - rate), x.zerosLike());
  }
}
