package telos.rl;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import telos.tensor.Tensor;
import telos.tensor.Tree;

/// Conjugate gradients (Hestenes and Stiefel 1952): the solution of `A x = b` for a positive
/// definite A of which only products `A v` are known. Vectors are models, such as gradients.
public final class ConjugateGradient {
  private ConjugateGradient() {}

  /// @param product `v -> A v`
  /// @param right b
  /// @param iterations at most, each with one product
  /// @param tolerance ends where `|b - A x|^2` is smaller
  public static <M> M solve(UnaryOperator<M> product, M right, int iterations, double tolerance) {
    M x = Tree.map(right, Tensor::zerosLike);
    M residual = right;
    M direction = right;
    double squared = dot(residual, residual);
    for (int i = 0; i < iterations && squared > tolerance; i++) {
      M image = product.apply(direction);
      double step = squared / dot(direction, image);
      x = plus(x, direction, step);
      residual = plus(residual, image, -step);
      double next = dot(residual, residual);
      direction = plus(residual, direction, next / squared);
      squared = next;
    }
    return x;
  }

  /// `a + scale b`.
  public static <M> M plus(M a, M b, double scale) {
    return Tree.zip(a, b, (x, y) -> x.add(y.mul(scale)));
  }

  /// `sum_i a_i b_i` over all leaves, a scalar that can be differentiated.
  public static <M> Tensor inner(M a, M b) {
    List<Tensor> products = new ArrayList<>();
    M _ =
        Tree.zip(
            a,
            b,
            (x, y) -> {
              products.add(x.mul(y).sum());
              return x;
            });
    return Tensor.stack(0, products).sum();
  }

  private static <M> double dot(M a, M b) {
    return inner(a, b).item();
  }
}
