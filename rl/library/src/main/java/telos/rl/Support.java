package telos.rl;

import telos.tensor.Tensor;

/// Equally spaced returns, over which a distribution spreads its mass (Bellemare et al. 2017).
///
/// @param low the least, `V_min`
/// @param high the largest, `V_max`
/// @param atoms K, how many
public record Support(double low, double high, int atoms) {
  public Support {
    if (!(low < high) || atoms < 2 || !Double.isFinite(high - low)) {
      throw new IllegalArgumentException(
          "support: " + atoms + " atoms from " + low + " to " + high + "; needs two at least");
    }
  }

  /// The returns z, F32 `[K]`.
  public Tensor returns() {
    float[] returns = new float[atoms];
    for (int i = 0; i < atoms; i++) {
      returns[i] = (float) (low + i * gap());
    }
    return Tensor.of(returns);
  }

  private double gap() {
    return (high - low) / (atoms - 1);
  }

  /// The mean of each distribution.
  ///
  /// @param masses `[..., K]`
  /// @return `[...]`
  public Tensor mean(Tensor masses) {
    return masses.mul(returns()).sum(-1);
  }

  /// The distribution of `reward + discount z` for z from a distribution, brought back to these
  /// atoms (eq. 7): what lies between two of them goes to both, the more the nearer, so that the
  /// mean stays; what lies outside goes to the end.
  ///
  /// @param masses `[B, K]`
  /// @param rewards `[B]`
  /// @param discounts `[B]`
  /// @return `[B, K]`
  public Tensor project(Tensor masses, Tensor rewards, Tensor discounts) {
    float[] from = masses.toFloats();
    float[] reward = rewards.toFloats();
    float[] discount = discounts.toFloats();
    float[] to = new float[from.length];
    for (int i = 0; i < from.length; i++) {
      int row = i / atoms;
      double moved = reward[row] + discount[row] * (low + i % atoms * gap());
      double place = (Math.clamp(moved, low, high) - low) / gap();
      int below = (int) Math.min(place, atoms - 2);
      double share = place - below;
      to[row * atoms + below] += (float) (from[i] * (1 - share));
      to[row * atoms + below + 1] += (float) (from[i] * share);
    }
    return Tensor.of(to, masses.shape().dims());
  }
}
