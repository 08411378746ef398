package telos.autograd;

import telos.tensor.Tensor;
import telos.tensor.Tree;

/// What [Grad#valueAndGrad] gives: a loss and its gradient.
///
/// @param loss sum and weight
/// @param grad gradient of `sum / weight`, of the model's own type; leaves without gradient are
///   absent (see [Tensor#absent])
public record Step<M>(Loss loss, M grad) {
  /// `sum / weight` as a number.
  public double value() {
    return loss.value();
  }

  /// The step of two micro-batches taken as one batch: the gradients weighted by the weights of
  /// their losses. Exact as long as those weights do not depend on the model.
  public Step<M> plus(Step<M> other) {
    Loss both = loss.plus(other.loss);
    Tensor share = loss.divisor().div(both.divisor());
    Tensor otherShare = other.loss.divisor().div(both.divisor());
    return new Step<>(
        both, Tree.zip(grad, other.grad, (g, h) -> g.mul(share).add(h.mul(otherShare))));
  }

  /// A step and what else the loss returned.
  public record With<M, A>(Step<M> step, A aux) {}
}
