package telos.nn;

import java.util.Arrays;
import java.util.Optional;
import telos.tensor.DType;
import telos.tensor.Fixed;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.fused.NarrowLinear;

/// A table of vectors, one an index. A stack of tables (an ensemble) is one table: `[E, V, D]`
/// meets ids `[E, ...]`.
///
/// @param weight `[V, D]` or `[E, V, D]`; BF16 or I8 `[V, D]` where [Quantize] made it so
/// @param scale `[V]`, by which the rows of I8 are to be multiplied; else empty
public record Embedding(Tensor weight, @Fixed Optional<Tensor> scale) implements Layer {
  public Embedding {
    if (weight.rank() != 2 && weight.rank() != 3) {
      throw new IllegalArgumentException(
          "embedding: weight " + weight.shape() + " is not [V, D] or [E, V, D], one row an index");
    }
    if (!scale.map(s -> s.shape().equals(weight.shape().without(-1))).orElse(true)) {
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

  /// Whether it is a stack.
  boolean isStack() {
    return weight.rank() == 3;
  }

  /// @param ids I32 `[...]`, each in `[0, V)`
  /// @return `[..., D]`
  @Override
  public Tensor call(Tensor ids) {
    if (isStack()) {
      return stacked(ids);
    }
    Tensor rows = weight.gather(0, ids);
    return isWide() ? rows : scaled(rows.cast(DType.F32), scale.map(s -> s.gather(0, ids)));
  }

  /// The tables one below the other, read at ids moved to those of each member's own.
  private Tensor stacked(Tensor ids) {
    int members = weight.dim(0);
    int vocabulary = weight.dim(1);
    if (ids.rank() < 1 || ids.dim(0) != members) {
      throw new IllegalArgumentException(
          "embedding: ids " + ids.shape() + " are not one part a member, [" + members + ", ...]");
    }
    Tensor first = ids.device().with(() -> Tensor.arange(0, members)).mul(vocabulary);
    int[] dims = new int[ids.rank()];
    Arrays.fill(dims, 1);
    dims[0] = members;
    return weight
        .reshape(members * vocabulary, weight.dim(2))
        .gather(0, ids.add(first.reshape(dims)));
  }

  /// The inner product of each vector with every row: the table used again as a head.
  ///
  /// @param x `[..., D]`, of a stack `[E, ..., D]`
  /// @return `[..., V]`
  public Tensor scores(Tensor x) {
    if (!isWide()) {
      return new NarrowLinear(x, weight, scale.orElse(null), null, true).result();
    }
    Shape shape = x.shape();
    Shape members = weight.shape().slice(0, weight.rank() - 2);
    int rows = shape.size(members.rank(), shape.rank() - 1);
    return x.reshape(members.concat(Shape.of(rows, shape.dim(-1))))
        .matMul(weight, false, true)
        .reshape(shape.with(-1, weight.dim(-2)));
  }
}
