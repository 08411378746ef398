package telos.rl;

import telos.tensor.Tensor;
import telos.tensor.fused.LogSoftmax;

/// How much each recorded action counts when a policy imitates the better ones: the weights of
/// advantage-weighted regression.
public final class AdvantageWeights {
  private AdvantageWeights() {}

  /// `min(exp(A / temperature), limit)`, elementwise: what a policy that maximises the advantage
  /// within some divergence from the recorded one is proportional to (Peters and Schaal 2007; Peng
  /// et al. 2019, eq. 10). Large advantages do not overflow.
  ///
  /// @param temperature beta of Peng et al., lambda of Nair et al., 1/beta of Kostrikov et al.
  /// @param limit the largest weight
  public static Tensor exponential(Tensor advantages, double temperature, double limit) {
    return advantages.div(temperature).minimum(StrictMath.log(limit)).exp();
  }

  /// `exp(A_i / temperature) / sum_j exp(A_j / temperature)` over a batch: biased by the batch, but
  /// of less variance than [#exponential], and never too large (Nair et al. 2020).
  ///
  /// @param advantages `[B]`
  public static Tensor normalised(Tensor advantages, double temperature) {
    return new LogSoftmax(advantages.div(temperature)).result().exp();
  }
}
