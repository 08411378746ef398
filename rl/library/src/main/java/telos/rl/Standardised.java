package telos.rl;

import telos.nn.Layer;
import telos.rl.environment.RunningMoments;
import telos.tensor.DType;
import telos.tensor.Fixed;
import telos.tensor.Tensor;

/// The layer that brings each number of a vector to about mean 0 and deviation 1, by the
/// [RunningMoments] of vectors seen before: as part of a network these are saved with it.
///
/// They are F64: an average of many changes too little for F32.
///
/// @param count of vectors, scalar
/// @param mean `[W]`
/// @param variance `[W]`
/// @param floor what is added to the deviations, so that numbers that hardly vary stay small
public record Standardised(
    @Fixed Tensor count, @Fixed Tensor mean, @Fixed Tensor variance, double floor)
    implements Layer {
  /// How many deviations from the mean a number may be; further out it is moved there, so that a
  /// rare one does no harm.
  private static final double FURTHEST = 10;

  private static final double EPSILON = 1e-8;

  public static Standardised by(RunningMoments moments) {
    return by(moments, 0);
  }

  /// @param floor what is added to the deviations
  public static Standardised by(RunningMoments moments, double floor) {
    double[] mean = moments.mean();
    double[] variance = new double[mean.length];
    for (int i = 0; i < variance.length; i++) {
      variance[i] = moments.variance(i);
    }
    return new Standardised(
        Tensor.scalar(moments.count()),
        Tensor.of(mean, mean.length),
        Tensor.of(variance, variance.length),
        floor);
  }

  /// Of nothing yet.
  ///
  /// @param width W
  public static Standardised none(int width) {
    return by(RunningMoments.none(width));
  }

  /// By more vectors.
  ///
  /// @param batch F32 `[B, ...]`, W numbers in each of B
  public Standardised with(Tensor batch) {
    return by(moments().merge(RunningMoments.over(batch.toFloats(), mean.dim(0))), floor);
  }

  private RunningMoments moments() {
    return new RunningMoments(count.item(), mean.toDoubles(), variance.mul(count).toDoubles());
  }

  /// `(x - mean) / deviation`, at most 10 from zero.
  ///
  /// @param x F32 `[..., W]`
  @Override
  public Tensor call(Tensor x) {
    Tensor scale = variance.add(EPSILON).sqrt().add(floor).recip().cast(DType.F32);
    return x.sub(mean.cast(DType.F32)).mul(scale).clamp(-FURTHEST, FURTHEST);
  }
}
