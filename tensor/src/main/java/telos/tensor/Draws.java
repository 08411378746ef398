package telos.tensor;

/// Draws from categorical distributions by inverting the cumulative sum.
final class Draws {
  private Draws() {}

  /// The number of rows of `logits` [..., C].
  static int rows(Tensor logits) {
    if (logits.rank() == 0 || logits.dim(-1) == 0 || !logits.dtype().isFloat()) {
      throw new IllegalArgumentException(
          "categorical: logits are "
              + logits.dtype()
              + logits.shape()
              + "; floats [..., C] with at least one class fit");
    }
    return logits.size() / logits.dim(-1);
  }

  /// @param points a uniform number in `[0, 1)` for each row
  static Tensor categorical(Tensor logits, double[] points) {
    int classes = logits.dim(-1);
    double[] weights = weights(logits);
    int[] drawn = new int[points.length];
    for (int row = 0; row < drawn.length; row++) {
      drawn[row] = choice(weights, row * classes, (row + 1) * classes, points[row]);
    }
    return Tensor.of(drawn, logits.shape().without(-1));
  }

  /// `exp(logits - max)`, unrecorded: there is no gradient through a draw.
  private static double[] weights(Tensor logits) {
    return ScopedValue.where(Recorder.CURRENT, null)
        .call(() ->
            Scope.call(
                "categorical",
                () ->
                    NumberCheck.suspended(
                        () -> logits.sub(logits.max(-1).unsqueeze(-1)).exp().toDoubles())));
  }

  /// The first index in `[from, to)`, less `from`, at which the running sum of the weights exceeds
  /// `point` times their sum.
  static int choice(double[] weights, int from, int to, double point) {
    double total = 0;
    for (int i = from; i < to; i++) {
      if (!(weights[i] >= 0)) {
        throw new IllegalArgumentException(
            "categorical: class "
                + (i - from)
                + " has weight "
                + weights[i]
                + "; at least one logit must be finite and none NaN or infinite upwards");
      }
      total += weights[i];
    }
    if (!(total > 0 && total < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("categorical: the weights sum to " + total);
    }
    double left = point * total;
    int last = from;
    for (int i = from; i < to; i++) {
      if (weights[i] > 0) {
        last = i;
        if (left < weights[i]) {
          break;
        }
        left -= weights[i];
      }
    }
    return last - from;
  }
}
