package telos.rl;

import telos.nn.Layer;
import telos.rl.environment.RunningMoments;
import telos.tensor.Fixed;
import telos.tensor.Tensor;

/// The layer that brings each number of a vector to about mean 0 and deviation 1, by moments of
/// vectors seen before: as part of a network they are saved with it.
///
/// @param mean `[W]`
/// @param scale one over the deviation, `[W]`
public record Standardised(@Fixed Tensor mean, @Fixed Tensor scale) implements Layer {
  /// How many deviations from the mean a number may be; further out it is moved there, so that a
  /// rare one does no harm.
  private static final double FURTHEST = 10;

  private static final double EPSILON = 1e-8;

  public static Standardised by(RunningMoments moments) {
    int width = moments.mean().length;
    float[] mean = new float[width];
    float[] scale = new float[width];
    for (int i = 0; i < width; i++) {
      mean[i] = (float) moments.mean()[i];
      scale[i] = (float) (1 / Math.sqrt(moments.variance(i) + EPSILON));
    }
    return new Standardised(Tensor.of(mean), Tensor.of(scale));
  }

  /// @param x `[..., W]`
  @Override
  public Tensor call(Tensor x) {
    return x.sub(mean).mul(scale).clamp(-FURTHEST, FURTHEST);
  }
}
