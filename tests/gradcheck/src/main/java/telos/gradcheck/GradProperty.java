package telos.gradcheck;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import telos.autograd.Grad;
import telos.autograd.GradCheck;
import telos.autograd.Recompute;
import telos.tensor.DType;
import telos.tensor.Device;
import telos.tensor.Tensor;
import telos.tensor.Tree;

/// What must hold of the gradient of any function, for use in a jqwik property:
///
///     @Property
///     void softplus(@ForAll Tensor x) {
///       GradProperty.holds("softplus", Tensor::softplus, x);
///     }
///
/// - The derivatives of orders 1 and 2 are those of central differences (see [GradCheck]).
/// - The same point gives the same bits again, and so does recomputation in the backward sweep.
/// - A result used twice counts twice, and behind `stopGradient` not at all.
public final class GradProperty {
  private static final Device REFERENCE = Device.of("reference");

  private GradProperty() {}

  /// Checks a function of a tensor, or of anything that [Tree] can walk, at a point.
  ///
  /// @param what names it in messages
  /// @param function its value may have any shape; smooth around the point
  /// @throws AssertionError saying which property fails, with the numbers
  public static <M> void holds(String what, Function<M, Tensor> function, M at) {
    GradCheck.STANDARD.require(what, function, at);
    M point =
        Tree.map(
            at,
            leaf -> {
              Tensor here = leaf.to(REFERENCE);
              return here.dtype().isFloat() ? here.cast(DType.F64) : here;
            });
    REFERENCE.with(() -> {
      bits(what, function, point);
      return point;
    });
  }

  private static <M> void bits(String what, Function<M, Tensor> function, M at) {
    List<double[]> gradient = gradient(m -> combined(function.apply(m)), at);
    same(
        what + ": the gradient taken again",
        gradient(m -> combined(function.apply(m)), at),
        gradient);
    same(
        what + ": the gradient with recomputation",
        gradient(m -> combined(Recompute.of(() -> function.apply(m))), at),
        gradient);
    gradient.forEach(leaf -> Arrays.setAll(leaf, i -> 2 * leaf[i]));
    Function<M, Tensor> twice =
        m -> {
          Tensor y = combined(function.apply(m));
          return y.add(y);
        };
    same(what + ": the gradient of a result used twice", gradient(twice, at), gradient);
    gradient.forEach(leaf -> Arrays.fill(leaf, 0));
    same(
        what + ": the gradient behind stopGradient",
        gradient(m -> combined(function.apply(m).stopGradient()), at),
        gradient);
  }

  /// A sum with unlike weights, so that no element hides another.
  private static Tensor combined(Tensor y) {
    double[] weights = new double[y.size()];
    Arrays.setAll(weights, i -> (i % 2 == 0 ? 1 : -1) * (1 + i % 5 * 0.25));
    return y.mul(Tensor.of(weights, y.shape().dims())).sum();
  }

  private static <M> List<double[]> gradient(Function<M, Tensor> function, M at) {
    List<double[]> leaves = new ArrayList<>();
    Tree.forEachLeaf(
        Grad.grad(function, at),
        (_, leaf, _) -> {
          if (!leaf.isAbsent()) {
            leaves.add(leaf.toDoubles());
          }
        });
    return leaves;
  }

  private static void same(String what, List<double[]> actual, List<double[]> expected) {
    for (int leaf = 0; leaf < expected.size(); leaf++) {
      double[] wanted = expected.get(leaf);
      double[] found = actual.get(leaf);
      for (int i = 0; i < wanted.length; i++) {
        if (wanted[i] != found[i]) {
          throw new AssertionError(
              what
                  + " differs: leaf "
                  + leaf
                  + " element "
                  + i
                  + " is "
                  + found[i]
                  + ", not "
                  + wanted[i]);
        }
      }
    }
  }
}
