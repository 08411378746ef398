package telos.nn;

import java.util.ArrayList;
import java.util.List;
import telos.tensor.Tensor;
import telos.tensor.Tree;
import telos.tensor.fused.SquareSums;

/// Gradient clipping.
public final class Clip {
  private Clip() {}

  /// A clipped gradient, and the norm it had before.
  public record Clipped<M>(M gradient, double norm) {}

  /// Scales the gradient so that its Euclidean norm over all leaves is at most `maxNorm` (Pascanu
  /// et al. 2013); a shorter one stays as it is. Absent leaves do not count.
  ///
  /// @throws ArithmeticException if the norm is not finite
  public static <M> Clipped<M> byGlobalNorm(M gradient, double maxNorm) {
    if (!(maxNorm > 0)) {
      throw new IllegalArgumentException(
          "clip: the norm's limit is " + maxNorm + ", must be positive");
    }
    double norm = globalNorm(gradient);
    if (!(norm < Double.POSITIVE_INFINITY)) {
      throw new ArithmeticException(
          "clip: the gradient's norm is " + norm + "; the loss or its derivative is not finite");
    }
    return new Clipped<>(
        norm > maxNorm
            ? Tree.map(gradient, leaf -> leaf.isAbsent() ? leaf : leaf.mul(maxNorm / norm))
            : gradient,
        norm);
  }

  /// The Euclidean norm over all leaves, shared ones once.
  public static double globalNorm(Object gradient) {
    List<Tensor> leaves = new ArrayList<>();
    Tree.forEachLeaf(
        gradient,
        (_, leaf, _) -> {
          if (!leaf.isAbsent() && leaf.dtype().isFloat()) {
            leaves.add(leaf);
          }
        });
    if (leaves.isEmpty()) {
      return 0;
    }
    Tensor squares = new SquareSums(leaves).result();
    double sum = 0;
    for (double square : squares.toDoubles()) {
      sum += square;
    }
    return Math.sqrt(sum);
  }
}
