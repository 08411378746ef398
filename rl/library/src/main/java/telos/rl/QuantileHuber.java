package telos.rl;

import telos.tensor.Tensor;

/// The loss whose minimum are the quantiles of a distribution, of which samples are given (Dabney
/// et al. 2018, eqs. 9 and 10).
public final class QuantileHuber {
  private QuantileHuber() {}

  /// `sum_i mean_j |tau_i - 1[delta_ij < 0]| L_kappa(delta_ij) / kappa` with `delta_ij = sample_j -
  /// quantile_i`, the midpoints `tau_i = (i + 1/2) / K` and Huber's `L_kappa(u) = u^2 / 2` up to
  /// kappa, `kappa (|u| - kappa / 2)` beyond. With `kappa = 0` it is `|tau_i - 1[delta_ij < 0]|
  /// |delta_ij|`, that of quantile regression.
  ///
  /// @param quantiles estimated, `[B, K]`
  /// @param samples of the distribution, `[B, J]`
  /// @return `[B]`
  public static Tensor of(Tensor quantiles, Tensor samples, double kappa) {
    boolean fits =
        quantiles.rank() == 2 && samples.rank() == 2 && quantiles.dim(0) == samples.dim(0);
    if (!fits || !(kappa >= 0)) {
      throw new IllegalArgumentException(
          "quantileHuber: quantiles "
              + quantiles.shape()
              + ", samples "
              + samples.shape()
              + ", kappa "
              + kappa
              + "; needs [B, K], [B, J] and kappa >= 0");
    }
    Tensor deltas = samples.unsqueeze(1).sub(quantiles.unsqueeze(2));
    Tensor below = deltas.lt(0).cast(deltas.dtype()).stopGradient();
    Tensor weights = midpoints(quantiles.dim(1)).cast(deltas.dtype()).sub(below).abs();
    return weights.mul(huber(deltas, kappa)).mean(2).sum(1);
  }

  private static Tensor huber(Tensor deltas, double kappa) {
    Tensor size = deltas.abs();
    if (kappa == 0) {
      return size;
    }
    Tensor near = size.minimum(kappa);
    // near^2 / 2 + kappa (size - near), divided by kappa.
    return near.square().mul(0.5 / kappa).add(size.sub(near));
  }

  /// tau, `[1, K, 1]`.
  private static Tensor midpoints(int count) {
    double[] midpoints = new double[count];
    for (int i = 0; i < count; i++) {
      midpoints[i] = (i + 0.5) / count;
    }
    return Tensor.of(midpoints, 1, count, 1);
  }
}
