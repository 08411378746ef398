package telos.nn;

import telos.tensor.Rng;
import telos.tensor.Tensor;

/// Feature-wise linear modulation (Perez et al. 2018, equations 1 and 2): a condition scales and
/// shifts every channel, `(1 + g) x + b` with `g, b` affine in the condition. The one is the
/// paper's too (section 7.2): a factor that starts near zero would stop activations and gradients
/// alike.
///
/// @param modulation `[K, 2 C]`: the factors, then the shifts
public record Film(Projection modulation) {
  public Film {
    if (modulation.out() % 2 != 0) {
      throw new IllegalArgumentException(
          "film: " + modulation.out() + " outputs are not a factor and a shift a channel");
    }
  }

  /// Xavier-uniform weights and a zero bias, so that the condition zero changes nothing.
  public static Film init(int condition, int channels, Rng key) {
    return new Film(Linear.init(condition, 2 * channels, key));
  }

  /// @param x `[B, C, ...]`
  /// @param condition `[B, K]`
  /// @return of the shape of `x`
  public Tensor call(Tensor x, Tensor condition) {
    int channels = modulation.out() / 2;
    Channels.require("film", channels, x);
    Tensor both = modulation.call(condition);
    Tensor factor = both.slice(-1, 0, channels).add(1);
    Tensor shift = both.slice(-1, channels, 2 * channels);
    return x.mul(Channels.along(factor, x)).add(Channels.along(shift, x));
  }
}
