package telos.tensor.fused;

import java.util.List;
import telos.tensor.DType;
import telos.tensor.Op;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// The sum of squares of each of many tensors, `[n]` in F64, each added in its own dtype: the norm
/// of a gradient over all leaves at once.
///
/// @param leaves at least one, of any shapes
public record SquareSums(List<Tensor> leaves) implements Op.Fused {
  public SquareSums {
    leaves = List.copyOf(leaves);
    if (leaves.isEmpty()) {
      throw new IllegalArgumentException("squareSums: no tensors; needs at least one");
    }
  }

  @Override
  public List<Tensor> inputs() {
    return leaves;
  }

  @Override
  public SquareSums with(List<Tensor> in) {
    return new SquareSums(in);
  }

  @Override
  public Shape shape() {
    return Shape.of(leaves.size());
  }

  @Override
  public DType dtype() {
    return DType.F64;
  }

  @Override
  public List<Tensor> definition() {
    List<Tensor> sums =
        leaves.stream().map(leaf -> leaf.square().sum().cast(DType.F64).reshape(1)).toList();
    return List.of(Tensor.concat(0, sums));
  }
}
