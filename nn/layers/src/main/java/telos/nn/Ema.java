package telos.nn;

import telos.tensor.Tensor;
import telos.tensor.Tree;

/// The exponential moving average of a model's parameters (Polyak and Juditsky 1992): a model that
/// is smoother, and often better, than any single step's. The average is a model like any other.
///
///     average = Ema.step(average, model, 0.999);
public final class Ema {
  private Ema() {}

  /// `average + (1 - decay) (model - average)`, leaf by leaf. Leaves that both share (a frozen
  /// base) and those that are not float stay.
  ///
  /// @param average the average so far, at first the model itself
  /// @param decay in `[0, 1)`: the weight of the past
  public static <M> M step(M average, M model, double decay) {
    if (!(decay >= 0 && decay < 1)) {
      throw new IllegalArgumentException("ema: decay " + decay + " is not in [0, 1)");
    }
    return Tree.zip(average, model, (old, now) -> moved(old, now, 1 - decay));
  }

  private static Tensor moved(Tensor old, Tensor now, double share) {
    return old == now || !old.dtype().isFloat() ? old : old.lerp(now, share);
  }
}
