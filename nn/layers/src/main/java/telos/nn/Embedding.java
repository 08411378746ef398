package telos.nn;

import java.util.Optional;
import telos.tensor.DType;
import telos.tensor.Fixed;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.fused.NarrowLinear;

/// A table of vectors, one an index.
///
/// @param weight `[V, D]`; BF16 or I8 where [Quantize] made it so
/// @param scale `[V]`, by which the rows of I8 are to be multiplied; else empty
public record Embedding(Tensor weight, @Fixed Optional<Tensor> scale) implements Layer {
  public Embedding {
    if (weight.rank() != 2) {
      throw new IllegalArgumentException(
          "embedding: weight " + weight.shape() + " is not [V, D], one row an index");
    }
    if (!scale.map(s -> s.shape().equals(Shape.of(weight.dim(0)))).orElse(true)) {
      throw new IllegalArgumentException(
          "embedding: scale "
              + scale.get().shape()
              + " does not fit weight "
              + weight.shape()
              + "; needs one for each row");
    }
  }

  public Embedding(Tensor weight) {
    this(weight, Optional.empty());
  }

  public static Embedding init(int vocabulary, int width, Init init, Rng key) {
    return new Embedding(init.draw(key, vocabulary, width));
  }

  /// The nearest to a table, with rows of bytes.
  static Embedding int8(String path, Embedding table) {
    Int8 rows = Int8.of(path, table.weight, 1);
    return new Embedding(rows.weight(), Optional.of(rows.scale()));
  }

  /// The table with F32 rows that this one stands for.
  public Embedding widened() {
    return isWide() ? this : new Embedding(scaled(weight.cast(DType.F32), scale));
  }

  private boolean isWide() {
    return !weight.dtype().isStorageOnly();
  }

  private static Tensor scaled(Tensor rows, Optional<Tensor> scales) {
    return scales.map(s -> rows.mul(s.unsqueeze(-1))).orElse(rows);
  }

  /// @param ids I32 `[...]`, each in `[0, V)`
  /// @return `[..., D]`
  @Override
  public Tensor call(Tensor ids) {
    Tensor rows = weight.gather(0, ids);
    return isWide() ? rows : scaled(rows.cast(DType.F32), scale.map(s -> s.gather(0, ids)));
  }

  /// The inner product of each vector with every row: the table used again as a head.
  ///
  /// @param x `[..., D]`
  /// @return `[..., V]`
  public Tensor scores(Tensor x) {
    if (!isWide()) {
      return new NarrowLinear(x, weight, scale.orElse(null), null, true).result();
    }
    Shape shape = x.shape();
    return x.reshape(shape.size(0, shape.rank() - 1), shape.dim(-1))
        .matMul(weight, false, true)
        .reshape(shape.with(-1, weight.dim(0)));
  }
}
