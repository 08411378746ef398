package telos.tensor.fused;

import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;
import telos.tensor.DType;
import telos.tensor.Op;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// Causal scaled dot-product attention (Vaswani et al. 2017) with grouped key heads, read from one
/// packed tensor: position `t` attends to positions `0..t` of its own sequence, or with a sliding
/// window (Beltagy et al. 2020) of `W` to the last `W` of them, `t` included.
///
/// Query head `h` uses key and value head `h / (H/K)`. Positions count from the start of the row,
/// so padding may only stand at the end.
///
/// Residual: the maximum and one over the sum of the exponentials of each softmax row, `[B, H, T,
/// 2]`.
///
/// @param qkv `[B, T, H + 2K, D]`: query heads, key heads, value heads
/// @param heads H
/// @param keyHeads K, a divisor of H
/// @param scale factor of the scores, usually `1 / sqrt(D)`
/// @param window W, how many positions each sees, its own included; [#ALL] for all before it
public record Attention(Tensor qkv, int heads, int keyHeads, float scale, int window)
    implements Op.Differentiable {
  /// The window that holds every position before one's own.
  public static final int ALL = Integer.MAX_VALUE;

  public Attention {
    boolean fits =
        qkv.rank() == 4
            && keyHeads > 0
            && heads % keyHeads == 0
            && qkv.dim(2) == heads + 2 * keyHeads;
    if (!fits) {
      throw new IllegalArgumentException(
          "attention: "
              + qkv.shape()
              + " is not [B, T, H + 2K, D] with H = "
              + heads
              + " query heads, a multiple of K = "
              + keyHeads
              + " key heads");
    }
    requireWindow("attention", window);
  }

  /// Without a window.
  public Attention(Tensor qkv, int heads, int keyHeads, float scale) {
    this(qkv, heads, keyHeads, scale, ALL);
  }

  static void requireWindow(String op, int window) {
    if (window < 1) {
      throw new IllegalArgumentException(
          op + ": a window of " + window + " positions; it must be 1 at least");
    }
  }

  @Override
  public List<Tensor> inputs() {
    return List.of(qkv);
  }

  @Override
  public Attention with(List<Tensor> in) {
    return new Attention(in.get(0), heads, keyHeads, scale, window);
  }

  @Override
  public Shape shape() {
    return qkv.shape().with(2, heads);
  }

  @Override
  public DType dtype() {
    return qkv.dtype();
  }

  @Override
  public List<Tensor> definition() {
    Parts parts = Parts.of(qkv, heads, keyHeads);
    Tensor scores = parts.scores(scale, window);
    Tensor max = scores.max(-1);
    Tensor e = scores.sub(max.unsqueeze(-1)).exp();
    Tensor inverse = e.sum(-1).recip();
    Tensor y = e.mul(inverse.unsqueeze(-1)).matMul(parts.values());
    Tensor statistics = Tensor.stack(-1, List.of(max, inverse));
    return List.of(y.add(0).permute(0, 2, 1, 3), statistics);
  }

  /// The attention weights `[B, H, T, T]`, for inspection: no kernel ever holds them.
  public Tensor weights() {
    return new Softmax(Parts.of(qkv, heads, keyHeads).scores(scale, window)).result();
  }

  /// The result by way of [#weights], equal to rounding: for a runtime that has a softmax but not
  /// this operation.
  public Tensor byWeights() {
    Parts parts = Parts.of(qkv, heads, keyHeads);
    return new Softmax(parts.scores(scale, window))
        .result()
        .matMul(parts.values())
        .permute(0, 2, 1, 3);
  }

  @Override
  public List<@Nullable Tensor> vjp(
      List<Tensor> outputs, List<@Nullable Tensor> cotangents, IntPredicate wanted) {
    Tensor g = Objects.requireNonNull(cotangents.getFirst());
    return Collections.singletonList(
        new AttentionGrad(this, outputs.get(0), outputs.get(1), g).result());
  }

  /// True where a query's position does not see a key's.
  static Tensor unseen(Tensor query, Tensor key, int window) {
    Tensor future = key.gt(query);
    return window == ALL ? future : future.or(key.le(query.sub(window)));
  }

  /// Queries, keys and values as `[B, H, T, D]`, key heads repeated for their groups.
  record Parts(Tensor queries, Tensor keys, Tensor values) {
    static Parts of(Tensor qkv, int heads, int keyHeads) {
      Tensor byHead = qkv.permute(0, 2, 1, 3);
      int group = heads / keyHeads;
      return new Parts(
          byHead.slice(1, 0, heads),
          repeat(byHead.slice(1, heads, heads + keyHeads), group),
          repeat(byHead.slice(1, heads + keyHeads, heads + 2 * keyHeads), group));
    }

    private static Tensor repeat(Tensor x, int group) {
      Shape shape = x.shape();
      return group == 1
          ? x
          : x.unsqueeze(2)
              .broadcastTo(shape.insert(2, group))
              .reshape(shape.with(1, shape.dim(1) * group));
    }

    /// Scaled scores, minus infinity above the diagonal and before the window.
    Tensor scores(float scale, int window) {
      int length = queries.dim(2);
      Tensor position = queries.device().with(() -> Tensor.arange(0, length));
      Tensor query = position.reshape(1, 1, length, 1);
      Tensor key = position.reshape(1, 1, 1, length);
      return queries
          .matMul(keys, false, true)
          .mul(scale)
          .maskedFill(unseen(query, key, window), Double.NEGATIVE_INFINITY);
    }
  }
}
