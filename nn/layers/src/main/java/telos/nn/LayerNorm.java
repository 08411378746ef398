package telos.nn;

import telos.tensor.Tensor;

/// Layer normalisation (Ba et al. 2016) of the last axis.
///
/// @param gain `[D]` or `[E, D]`
/// @param bias `[D]` or `[E, D]`
public record LayerNorm(Tensor gain, Tensor bias, double eps) implements Norm {
  /// Gain one, bias zero, eps `1e-5`.
  public static LayerNorm init(int width) {
    return init(width, 1e-5);
  }

  public static LayerNorm init(int width, double eps) {
    return new LayerNorm(Tensor.ones(width), Tensor.zeros(width), eps);
  }

  /// @param x `[..., D]`
  @Override
  public Tensor call(Tensor x) {
    if (gain.rank() == 1) {
      return new telos.tensor.fused.LayerNorm(x, gain, bias, eps).result();
    }
    Tensor one = gain.at(0, 0).onesLike();
    Tensor unit = new telos.tensor.fused.LayerNorm(x, one, one.zerosLike(), eps).result();
    Tensor rows = Norm.rows(unit, gain);
    return rows.mul(gain.unsqueeze(1)).add(bias.unsqueeze(1)).reshape(x.shape());
  }
}
