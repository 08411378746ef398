package telos.tensor.fused;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;
import telos.tensor.DType;
import telos.tensor.Op;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// Rotary position embedding (Su et al. 2021) in the "rotate half" pairing of dimension `j` with `j
/// + D/2`: `(u cos - v sin, v cos + u sin)`. The first `rotated` heads turn, the others pass, so
///   that queries and keys of one packed tensor turn together and the values stay.
///
/// @param x `[B, T, N, D]`, D even
/// @param cos `[T, D/2]`, or `[B, T, D/2]` where rows stand at positions of their own
/// @param sin as `cos`
public record Rotary(Tensor x, Tensor cos, Tensor sin, int rotated) implements Op.Differentiable {
  public Rotary {
    boolean fits =
        x.rank() == 4
            && x.dim(3) % 2 == 0
            && rotated <= x.dim(2)
            && sin.shape().equals(cos.shape())
            && (cos.shape().equals(Shape.of(x.dim(1), x.dim(3) / 2))
                || cos.shape().equals(Shape.of(x.dim(0), x.dim(1), x.dim(3) / 2)));
    if (!fits) {
      throw new IllegalArgumentException(
          "rotary: input "
              + x.shape()
              + " with tables "
              + cos.shape()
              + " and "
              + sin.shape()
              + "; needs [B, T, N, D] and [T, D/2] or [B, T, D/2], and at most N rotated heads, got"
              + " "
              + rotated);
    }
  }

  @Override
  public List<Tensor> inputs() {
    return List.of(x, cos, sin);
  }

  @Override
  public Rotary with(List<Tensor> in) {
    return new Rotary(in.get(0), in.get(1), in.get(2), rotated);
  }

  @Override
  public Shape shape() {
    return x.shape();
  }

  @Override
  public DType dtype() {
    return x.dtype();
  }

  @Override
  public List<Tensor> definition() {
    int half = x.dim(3) / 2;
    Tensor c = cos.reshape(cos.rank() == 2 ? 1 : x.dim(0), x.dim(1), 1, half);
    Tensor s = sin.reshape(c.shape());
    Tensor turning = x.slice(2, 0, rotated);
    Tensor u = turning.slice(3, 0, half);
    Tensor v = turning.slice(3, half, x.dim(3));
    Tensor turned = Tensor.concat(3, List.of(u.mul(c).sub(v.mul(s)), v.mul(c).add(u.mul(s))));
    return List.of(
        rotated == x.dim(2)
            ? turned
            : Tensor.concat(2, List.of(turned, x.slice(2, rotated, x.dim(2)))));
  }

  /// The transpose turns back; the tables are constants.
  @Override
  public List<@Nullable Tensor> vjp(
      List<Tensor> outputs, List<@Nullable Tensor> cotangents, IntPredicate wanted) {
    if (wanted.test(1) || wanted.test(2)) {
      throw new IllegalArgumentException("rotary: the tables are constants, mark them @Fixed");
    }
    Tensor g = Objects.requireNonNull(cotangents.getFirst());
    return Arrays.asList(new Rotary(g, cos, sin.neg(), rotated).result(), null, null);
  }
}
