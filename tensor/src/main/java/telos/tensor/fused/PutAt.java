package telos.tensor.fused;

import java.util.Arrays;
import java.util.List;
import telos.tensor.DType;
import telos.tensor.Op;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// `x` with one slice of each row replaced: position `index[b]` along `axis` of row `b` becomes
/// `value[b]`. A row whose index lies outside the axis stays as it is. No derivative: it serves the
/// cache of generation.
///
/// @param x `[B, ...]`
/// @param value `[B, ...]`, `x` without the axis
/// @param index I32 `[B]`
/// @param axis not the first
/// @param owned whether the caller alone holds `x` and will not read the replaced slices of it
///   again: a device may then write to its memory, which the result shares, instead of copying it
public record PutAt(Tensor x, Tensor value, Tensor index, int axis, boolean owned)
    implements Op.Fused {
  /// Into a copy of `x`.
  public PutAt(Tensor x, Tensor value, Tensor index, int axis) {
    this(x, value, index, axis, false);
  }

  public PutAt {
    boolean fits =
        axis > 0
            && axis < x.rank()
            && value.shape().equals(x.shape().without(axis))
            && index.shape().equals(Shape.of(x.dim(0)));
    if (!fits) {
      throw new IllegalArgumentException(
          "putAt: values "
              + value.shape()
              + " at "
              + index.shape()
              + " along axis "
              + axis
              + " of "
              + x.shape()
              + "; needs the shape without that axis, and one index a row");
    }
  }

  @Override
  public List<Tensor> inputs() {
    return List.of(x, value, index);
  }

  @Override
  public PutAt with(List<Tensor> in) {
    return new PutAt(in.get(0), in.get(1), in.get(2), axis, owned);
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
    int[] along = new int[x.rank()];
    int[] rows = new int[x.rank()];
    Arrays.fill(along, 1);
    Arrays.fill(rows, 1);
    along[axis] = x.dim(axis);
    rows[0] = x.dim(0);
    Tensor position = x.device().with(() -> Tensor.arange(0, x.dim(axis)));
    Tensor here = position.reshape(along).eq(index.reshape(rows));
    return List.of(here.where(value.unsqueeze(axis), x));
  }
}
