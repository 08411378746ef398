package telos.autograd;

import telos.tensor.Tensor;

/// A loss as a sum over a number of things and that number, never a mean: so the parts of a batch
/// combine to exactly the loss, and by [Step#plus] to exactly the gradient, of the whole. Division
/// happens in [#mean] and nowhere else.
///
/// @param sum scalar, the sum to be minimised
/// @param weight scalar of the same dtype: how much was summed, such as the number of tokens
public record Loss(Tensor sum, Tensor weight) {
  public Loss {
    if (sum.rank() != 0 || weight.rank() != 0 || sum.dtype() != weight.dtype()) {
      throw new IllegalArgumentException(
          "loss: sum "
              + sum.dtype()
              + sum.shape()
              + " and weight "
              + weight.dtype()
              + weight.shape()
              + " must be scalars of one float dtype; reduce with sum()");
    }
  }

  /// A loss of weight one.
  public static Loss of(Tensor value) {
    return new Loss(value, value.onesLike());
  }

  /// `sum / weight`, a scalar; of nothing (weight zero) it is the sum, which is zero then.
  public Tensor mean() {
    return sum.div(divisor());
  }

  /// The weight, or one where it is zero.
  Tensor divisor() {
    return weight.add(weight.eq(0).cast(weight.dtype()));
  }

  /// `sum / weight` as a number.
  public double value() {
    double divisor = weight.item();
    return divisor == 0 ? sum.item() : sum.item() / divisor;
  }

  /// The loss of both parts together.
  public Loss plus(Loss other) {
    return new Loss(sum.add(other.sum), weight.add(other.weight));
  }

  /// This loss together with something else that the computation found and that shall survive.
  public <A> With<A> with(A aux) {
    return new With<>(this, aux);
  }

  /// A loss and something besides, see [Grad#valueAndGradWith].
  ///
  /// @param aux a tensor, or anything that [telos.tensor.Tree] can walk
  public record With<A>(Loss loss, A aux) {}
}
