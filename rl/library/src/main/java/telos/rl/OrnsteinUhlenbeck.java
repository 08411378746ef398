package telos.rl;

import telos.tensor.Rng;
import telos.tensor.Tensor;

/// The process of Uhlenbeck and Ornstein (1930) at regular moments: `x' = rho x + sqrt(1 - rho^2)
/// z` with standard normal `z`. Every `x` is standard normal, so that a policy driven by it has the
/// same distribution at each step as one driven by white noise; but what it tries lasts, which
/// explores where single pushes average out (Lillicrap et al. 2015; Eberhard et al. 2023).
///
/// @param correlation rho, in `[0, 1)`: of neighbours; 0 is white noise
public record OrnsteinUhlenbeck(double correlation) {
  public OrnsteinUhlenbeck {
    if (!(correlation >= 0 && correlation < 1)) {
      throw new IllegalArgumentException("noise: correlation " + correlation + " is not in [0, 1)");
    }
  }

  /// What follows.
  ///
  /// @param x at first standard normal
  public Tensor next(Tensor x, Rng key) {
    Tensor fresh = key.normal(x.shape());
    return x.mul(correlation).add(fresh.mul(Math.sqrt(1 - correlation * correlation)));
  }
}
