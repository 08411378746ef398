package telos.nn;

import telos.autograd.Loss;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.fused.CrossEntropy;
import telos.tensor.fused.LogSumExp;

/// Losses as sum and weight: whoever divides does it once, over all that was summed, so that
/// micro-batches give the loss and the gradient of the whole batch. Shapes must be equal, nothing
/// broadcasts.
public final class Losses {
  private Losses() {}

  /// Negative log-likelihood of the labels, in nats; the weight is their number.
  ///
  /// @param logits `[..., V]`
  /// @param labels I32 `[...]`
  public static Loss crossEntropy(Tensor logits, Tensor labels) {
    return mean(new CrossEntropy(logits, labels).result());
  }

  /// Negative log-likelihood of the marked labels; the weight is the sum of the mask. What is not
  /// marked has exactly zero gradient, but needs a label in `[0, V)`.
  ///
  /// @param logits `[..., V]`
  /// @param labels I32 `[...]`
  /// @param mask `[...]`, BOOL or weights
  public static Loss crossEntropy(Tensor logits, Tensor labels, Tensor mask) {
    return masked("crossEntropy", new CrossEntropy(logits, labels).result(), mask);
  }

  /// Cross-entropy against smoothed labels (Szegedy et al. 2016): a share `smoothing` of the
  /// probability is spread evenly over all classes, `(1 - smoothing) nll + smoothing (lse -
  /// mean(logits))`.
  ///
  /// @param smoothing in `[0, 1]`; 0 is [#crossEntropy(Tensor, Tensor, Tensor)] to the bit
  public static Loss smoothedCrossEntropy(
      Tensor logits, Tensor labels, Tensor mask, double smoothing) {
    if (!(smoothing >= 0 && smoothing <= 1)) {
      throw new IllegalArgumentException(
          "smoothedCrossEntropy: smoothing " + smoothing + " is not in [0, 1]");
    }
    if (smoothing == 0) {
      return crossEntropy(logits, labels, mask);
    }
    Tensor uniform = new LogSumExp(logits).result().sub(logits.mean(-1));
    Tensor losses = new CrossEntropy(logits, labels).result().lerp(uniform, smoothing);
    return masked("smoothedCrossEntropy", losses, mask);
  }

  /// The z-loss (Chowdhery et al. 2022, section 5): the square of the log of the softmax's
  /// denominator, at the marked positions; times `1e-4` it keeps logits from drifting. The weight
  /// is the sum of the mask.
  ///
  /// @param logits `[..., V]`
  /// @param mask `[...]`, BOOL or weights
  public static Loss zLoss(Tensor logits, Tensor mask) {
    return masked("zLoss", new LogSumExp(logits).result().square(), mask);
  }

  /// Of a language model: each token but the first is the label of the position before it.
  ///
  /// @param logits `[B, T, V]` of the model on `ids`
  /// @param ids I32 `[B, T]`
  /// @param mask `[B, T]`, BOOL or weights: which tokens count as labels (that of the first is
  ///   ignored)
  public static Loss nextToken(Tensor logits, Tensor ids, Tensor mask) {
    Masks.requireEqual("nextToken", "ids", ids.shape(), "mask", mask.shape());
    int length = ids.dim(1);
    return crossEntropy(
        logits.slice(1, 0, length - 1), ids.slice(1, 1, length), mask.slice(1, 1, length));
  }

  /// `(prediction - target)^2`; the weight is the number of elements.
  public static Loss meanSquaredError(Tensor prediction, Tensor target) {
    return mean(squaredError(prediction, target));
  }

  /// `(prediction - target)^2` of the marked elements; the weight is the sum of the mask.
  public static Loss meanSquaredError(Tensor prediction, Tensor target, Tensor mask) {
    return masked("meanSquaredError", squaredError(prediction, target), mask);
  }

  private static Tensor squaredError(Tensor prediction, Tensor target) {
    Masks.requireEqual(
        "meanSquaredError", "prediction", prediction.shape(), "target", target.shape());
    return prediction.sub(target).square();
  }

  /// `-label log sigmoid(logit) - (1 - label) log sigmoid(-logit)`; the weight is the number of
  /// elements.
  ///
  /// @param labels of the shape of `logits`, in `[0, 1]`
  public static Loss binaryCrossEntropy(Tensor logits, Tensor labels) {
    Masks.requireEqual("binaryCrossEntropy", "logits", logits.shape(), "labels", labels.shape());
    return mean(logits.softplus().sub(logits.mul(labels.cast(logits.dtype()))));
  }

  /// The sum over all elements, weighted by their number.
  public static Loss mean(Tensor elements) {
    return new Loss(elements.sum(), Tensor.full(elements.size(), elements.dtype(), Shape.SCALAR));
  }

  /// The sum over the marked elements, weighted by the sum of the mask.
  ///
  /// @param mask of the shape of `elements`, BOOL or weights
  public static Loss mean(Tensor elements, Tensor mask) {
    return masked("mean", elements, mask);
  }

  private static Loss masked(String what, Tensor elements, Tensor mask) {
    Tensor sum = Masks.apply(what, elements, mask).sum();
    return new Loss(sum, mask.cast(elements.dtype()).sum());
  }
}
