package telos.rl;

import telos.tensor.DType;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// Mean and variance of rows seen so far, each number of a row on its own; batches are merged
/// without loss (Chan et al. 1979). A value: part of a model, saved by its leaves.
///
/// @param count scalar, how many rows
/// @param mean `[...]`
/// @param variance `[...]`, that of the population; one before the first row
public record RunningMoments(Tensor count, Tensor mean, Tensor variance) {
  /// Of nothing yet.
  public static RunningMoments of(Shape row) {
    return new RunningMoments(
        Tensor.scalar(0f), Tensor.full(0, DType.F32, row), Tensor.full(1, DType.F32, row));
  }

  /// With the rows `[B, ...]` as well.
  public RunningMoments with(Tensor rows) {
    double more = rows.dim(0);
    double total = count.item() + more;
    double share = more / total;
    Tensor center = rows.mean(0);
    Tensor spread = rows.sub(center.unsqueeze(0)).square().mean(0);
    Tensor delta = center.sub(mean);
    Tensor between = delta.square().mul(share * (1 - share));
    return new RunningMoments(
        count.add(more), mean.add(delta.mul(share)), variance.lerp(spread, share).add(between));
  }

  /// Rows `[B, ...]` with mean 0 and deviation 1, no further than `limit` from 0.
  public Tensor standardised(Tensor rows, double limit) {
    Tensor deviation = variance.add(1e-8).sqrt();
    return rows.sub(mean.unsqueeze(0)).div(deviation.unsqueeze(0)).clamp(-limit, limit);
  }
}
