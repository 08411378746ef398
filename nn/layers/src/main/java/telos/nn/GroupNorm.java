package telos.nn;

import telos.tensor.Tensor;

/// Group normalisation (Wu and He 2018) of `[B, C, ...]`: the channels of a sample form groups,
/// each with a mean and a variance of its own; one group is layer normalisation over all, C groups
/// are instance normalisation.
///
/// @param gain `[C]`
/// @param bias `[C]`
/// @param groups a divisor of C
public record GroupNorm(Tensor gain, Tensor bias, int groups, double eps) implements Layer {
  public GroupNorm {
    if (groups < 1 || gain.dim(-1) % groups != 0) {
      throw new IllegalArgumentException(
          "groupNorm: " + gain.dim(-1) + " channels do not form " + groups + " groups");
    }
  }

  /// Gain one, bias zero, eps 1e-5.
  public static GroupNorm init(int channels, int groups) {
    return new GroupNorm(Tensor.ones(channels), Tensor.zeros(channels), groups, 1e-5);
  }

  /// @param x `[B, C, ...]`
  @Override
  public Tensor call(Tensor x) {
    Channels.require("groupNorm", gain.dim(0), x);
    Tensor grouped = x.reshape(x.dim(0), groups, -1);
    Tensor centred = grouped.sub(grouped.mean(-1).unsqueeze(-1));
    Tensor rstd = centred.square().mean(-1).add(eps).rsqrt();
    return centred
        .mul(rstd.unsqueeze(-1))
        .reshape(x.shape())
        .mul(Channels.along(gain, x))
        .add(Channels.along(bias, x));
  }
}
