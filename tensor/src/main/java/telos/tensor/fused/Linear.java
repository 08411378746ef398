package telos.tensor.fused;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;
import telos.tensor.DType;
import telos.tensor.Op;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// `y = x w + b`.
///
/// Leading axes of the weights are aligned from the left, so that a stack of layers (an ensemble)
/// is one layer: `w [E, in, out]` and `b [E, out]` meet `x [E, ..., in]`. A plain `w [in, out]`
/// meets any `x [..., in]`.
///
/// @param x `[E..., ..., in]`
/// @param w `[E..., in, out]`
/// @param b `[E..., out]`, or null
public record Linear(Tensor x, Tensor w, @Nullable Tensor b) implements Op.Differentiable {
  public Linear {
    int stacked = w.rank() - 2;
    boolean fits =
        stacked >= 0
            && x.rank() > stacked
            && x.dim(-1) == w.dim(-2)
            && x.shape().slice(0, stacked).equals(w.shape().slice(0, stacked))
            && (b == null || b.shape().equals(w.shape().without(stacked)));
    if (!fits) {
      throw new IllegalArgumentException(
          "linear: input "
              + x.shape()
              + ", weights "
              + w.shape()
              + (b == null ? "" : ", bias " + b.shape())
              + " do not fit; needs [E..., ..., in], [E..., in, out] and [E..., out]");
    }
  }

  @Override
  public List<Tensor> inputs() {
    return b == null ? List.of(x, w) : List.of(x, w, b);
  }

  @Override
  public Linear with(List<Tensor> in) {
    return new Linear(in.get(0), in.get(1), b == null ? null : in.get(2));
  }

  @Override
  public Shape shape() {
    return x.shape().with(-1, w.dim(-1));
  }

  @Override
  public DType dtype() {
    return x.dtype();
  }

  /// `x` or its cotangent as `[E..., rows, last]`.
  private Tensor rows(Tensor tensor) {
    int stacked = w.rank() - 2;
    int[] dims = Arrays.copyOf(w.shape().dims(), stacked + 2);
    dims[stacked + 1] = tensor.dim(-1);
    dims[stacked] = tensor.shape().size(stacked, tensor.rank() - 1);
    return tensor.reshape(dims);
  }

  @Override
  public List<Tensor> definition() {
    Tensor product = rows(x).matMul(w);
    Tensor y = b == null ? product : product.add(w.rank() == 2 ? b : b.unsqueeze(-2));
    return List.of(y.reshape(shape()));
  }

  @Override
  public List<@Nullable Tensor> vjp(
      List<Tensor> outputs, List<@Nullable Tensor> cotangents, IntPredicate wanted) {
    Tensor g = java.util.Objects.requireNonNull(cotangents.getFirst());
    List<@Nullable Tensor> gradients = new ArrayList<>();
    gradients.add(wanted.test(0) ? rows(g).matMul(w, false, true).reshape(x.shape()) : null);
    gradients.add(wanted.test(1) ? rows(x).matMul(rows(g), true, false) : null);
    if (b != null) {
      gradients.add(wanted.test(2) ? rows(g).sum(-2) : null);
    }
    return gradients;
  }
}
