package telos.tensor.fused;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;
import telos.tensor.DType;
import telos.tensor.Op;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// `y = (x w) s + b` with weights that are stored in one or two bytes: BF16 as such, or I8 with a
/// scale `s` for each output, by which every weight of that output is to be multiplied. The scale
/// meets the finished sum, so that a product costs no more than its weights' widening.
///
/// The weights are constants. A cotangent flows to x, by the same operation with the flag turned,
/// and to scale and bias.
///
/// @param x `[..., in]`
/// @param w BF16 or I8 `[in, out]`, or `[out, in]` if transposed
/// @param scale `[out]`, or null for 1
/// @param b `[out]`, or null
/// @param transposed whether `w` lies as a table of outputs, such as an embedding used as a head
public record NarrowLinear(
    Tensor x, Tensor w, @Nullable Tensor scale, @Nullable Tensor b, boolean transposed)
    implements Op.Differentiable {
  public NarrowLinear {
    if (w.dtype() != DType.BF16 && w.dtype() != DType.I8) {
      throw new IllegalArgumentException(
          "narrowLinear: weights are BF16 or I8, not " + w.dtype() + "; see linear for others");
    }
    boolean fits =
        w.rank() == 2
            && x.rank() > 0
            && x.dim(-1) == w.dim(transposed ? 1 : 0)
            && isRow(scale, w.dim(transposed ? 0 : 1))
            && isRow(b, w.dim(transposed ? 0 : 1));
    if (!fits) {
      throw new IllegalArgumentException(
          "narrowLinear: input "
              + x.shape()
              + ", weights "
              + w.shape()
              + (transposed ? " transposed" : "")
              + (scale == null ? "" : ", scale " + scale.shape())
              + (b == null ? "" : ", bias " + b.shape())
              + " do not fit; needs [..., in], "
              + (transposed ? "[out, in]" : "[in, out]")
              + ", [out] and [out]");
    }
  }

  private static boolean isRow(@Nullable Tensor row, int out) {
    return row == null || row.shape().equals(Shape.of(out));
  }

  @Override
  public List<Tensor> inputs() {
    List<Tensor> inputs = new ArrayList<>(List.of(x, w));
    if (scale != null) {
      inputs.add(scale);
    }
    if (b != null) {
      inputs.add(b);
    }
    return List.copyOf(inputs);
  }

  @Override
  public NarrowLinear with(List<Tensor> in) {
    return new NarrowLinear(
        in.get(0),
        in.get(1),
        scale == null ? null : in.get(2),
        b == null ? null : in.getLast(),
        transposed);
  }

  /// Number of outputs.
  public int out() {
    return w.dim(transposed ? 0 : 1);
  }

  @Override
  public Shape shape() {
    return x.shape().with(-1, out());
  }

  @Override
  public DType dtype() {
    return x.dtype();
  }

  /// `x` or its cotangent as `[rows, last]`.
  private static Tensor rows(Tensor tensor) {
    return tensor.reshape(tensor.shape().size(0, tensor.rank() - 1), tensor.dim(-1));
  }

  @Override
  public List<Tensor> definition() {
    Tensor y = rows(x).matMul(w.cast(x.dtype()), false, transposed);
    y = scale == null ? y : y.mul(scale);
    y = b == null ? y : y.add(b);
    return List.of(y.reshape(shape()));
  }

  @Override
  public List<@Nullable Tensor> vjp(
      List<Tensor> outputs, List<@Nullable Tensor> cotangents, IntPredicate wanted) {
    Tensor g = Objects.requireNonNull(cotangents.getFirst());
    Tensor scaled = scale == null ? g : g.mul(scale);
    List<@Nullable Tensor> gradients = new ArrayList<>();
    gradients.add(
        wanted.test(0) ? new NarrowLinear(scaled, w, null, null, !transposed).result() : null);
    gradients.add(null);
    if (scale != null) {
      gradients.add(wanted.test(2) ? rows(g.mul(unscaled())).sum(0) : null);
    }
    if (b != null) {
      gradients.add(wanted.test(gradients.size()) ? rows(g).sum(0) : null);
    }
    return gradients;
  }

  private Tensor unscaled() {
    return new NarrowLinear(x, w, null, null, transposed).result();
  }
}
