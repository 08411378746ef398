package telos.nn;

import telos.tensor.Tensor;

/// Root-mean-square normalisation (Zhang and Sennrich 2019) of the last axis.
///
/// @param gain `[D]` or `[E, D]`
public record RmsNorm(Tensor gain, double eps) implements Norm {
  /// Gain one, eps `1e-6`.
  public static RmsNorm init(int width) {
    return init(width, 1e-6);
  }

  public static RmsNorm init(int width, double eps) {
    return new RmsNorm(Tensor.ones(width), eps);
  }

  /// @param x `[..., D]`
  @Override
  public Tensor call(Tensor x) {
    if (gain.rank() == 1) {
      return new telos.tensor.fused.RmsNorm(x, gain, eps).result();
    }
    Tensor unit = new telos.tensor.fused.RmsNorm(x, gain.at(0, 0).onesLike(), eps).result();
    return Norm.rows(unit, gain).mul(gain.unsqueeze(1)).reshape(x.shape());
  }
}
