package telos.rl;

import telos.tensor.Tensor;

/// Asymmetric least squares (Newey and Powell 1987). Its minimiser over `m`, of differences `x -
/// m`, is the expectile of `x`: the mean for `tau = 1/2`, the largest value that occurs as `tau`
/// tends to 1.
public final class Expectile {
  private Expectile() {}

  /// `|tau - 1(u < 0)| u^2`, elementwise.
  ///
  /// @param difference u
  /// @param tau in `(0, 1)`
  public static Tensor loss(Tensor difference, double tau) {
    Tensor above = difference.maximum(0).square();
    Tensor below = difference.minimum(0).square();
    return above.mul(tau).add(below.mul(1 - tau));
  }
}
