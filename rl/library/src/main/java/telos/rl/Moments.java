package telos.rl;

import telos.nn.Layer;
import telos.tensor.DType;
import telos.tensor.Fixed;
import telos.tensor.Tensor;

/// Mean and variance of all vectors seen so far, and the layer that standardises by them: as part
/// of a network it is saved with it.
///
/// Numbers are F64: an average of many changes too little for F32.
///
/// @param count how many vectors, scalar
/// @param mean `[W]`
/// @param variance `[W]`
public record Moments(@Fixed Tensor count, @Fixed Tensor mean, @Fixed Tensor variance)
    implements Layer {
  /// How many deviations from the mean an element may be; further out it is moved there, so that a
  /// rare one does no harm.
  private static final double FURTHEST = 10;

  private static final double EPS = 1e-8;

  /// Of nothing: standardises to the same.
  public static Moments none(int width) {
    return new Moments(
        Tensor.scalar(0.0), Tensor.of(new double[width], width), Tensor.of(ones(width), width));
  }

  private static double[] ones(int width) {
    double[] ones = new double[width];
    java.util.Arrays.fill(ones, 1);
    return ones;
  }

  /// With more vectors (Chan et al. 1983, eq. 2.1).
  ///
  /// @param batch `[B, W]`
  public Moments with(Tensor batch) {
    double before = count.item();
    double more = batch.dim(0);
    double all = before + more;
    Tensor wide = batch.cast(DType.F64);
    Tensor center = wide.mean(0);
    Tensor spread = wide.sub(center).square().mean(0);
    Tensor distance = center.sub(mean);
    Tensor between = distance.square().mul(before * more / (all * all));
    return new Moments(
        Tensor.scalar(all),
        mean.add(distance.mul(more / all)),
        variance.mul(before / all).add(spread.mul(more / all)).add(between));
  }

  /// `(x - mean) / deviation`, at most 10 from zero.
  ///
  /// @param x `[..., W]`
  @Override
  public Tensor call(Tensor x) {
    Tensor scale = variance.add(EPS).rsqrt().cast(x.dtype());
    return x.sub(mean.cast(x.dtype())).mul(scale).clamp(-FURTHEST, FURTHEST);
  }
}
