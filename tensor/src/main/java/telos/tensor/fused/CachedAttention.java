package telos.tensor.fused;

import java.util.ArrayList;
import java.util.List;
import telos.tensor.DType;
import telos.tensor.Op;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// [Attention] of new query rows against cached keys and values, bit-equal to the same rows of the
/// full product. Row `b` of the batch has queries at positions `start[b], start[b] + 1, ...` of its
/// own sequence; each attends to the cached positions up to its own, or to the last of them that
/// its window holds. No derivative: generation only.
///
/// @param q `[B, n, H, D]`
/// @param keys blocks of 64 positions, `[B, K, D, 64]` each
/// @param values blocks of 64 positions, `[B, K, 64, D]` each
/// @param start I32 `[B]`
/// @param scale factor of the scores
/// @param window how many positions each query sees, its own included; [Attention#ALL] for all
public record CachedAttention(
    Tensor q, List<Tensor> keys, List<Tensor> values, Tensor start, float scale, int window)
    implements Op.Fused {
  /// Positions in a block.
  public static final int BLOCK = 64;

  public CachedAttention {
    keys = List.copyOf(keys);
    values = List.copyOf(values);
    if (keys.isEmpty() || keys.size() != values.size()) {
      throw new IllegalArgumentException(
          "cachedAttention: needs as many key blocks as value blocks and at least one, got "
              + keys.size()
              + " and "
              + values.size());
    }
    Attention.requireWindow("cachedAttention", window);
  }

  /// Without a window.
  public CachedAttention(
      Tensor q, List<Tensor> keys, List<Tensor> values, Tensor start, float scale) {
    this(q, keys, values, start, scale, Attention.ALL);
  }

  @Override
  public List<Tensor> inputs() {
    List<Tensor> inputs = new ArrayList<>(List.of(q, start));
    inputs.addAll(keys);
    inputs.addAll(values);
    return inputs;
  }

  @Override
  public CachedAttention with(List<Tensor> in) {
    int blocks = keys.size();
    return new CachedAttention(
        in.get(0),
        in.subList(2, 2 + blocks),
        in.subList(2 + blocks, in.size()),
        in.get(1),
        scale,
        window);
  }

  @Override
  public Shape shape() {
    return q.shape();
  }

  @Override
  public DType dtype() {
    return q.dtype();
  }

  @Override
  public List<Tensor> definition() {
    int batch = q.dim(0);
    int rows = q.dim(1);
    int length = keys.size() * BLOCK;
    int group = q.dim(2) / keys.getFirst().dim(1);
    Tensor k = repeat(Tensor.concat(3, keys), group);
    Tensor v = repeat(Tensor.concat(2, values), group);
    Tensor position =
        start.reshape(batch, 1).add(q.device().with(() -> Tensor.arange(0, rows)).reshape(1, rows));
    Tensor key = q.device().with(() -> Tensor.arange(0, length)).reshape(1, 1, 1, length);
    Tensor unseen = Attention.unseen(position.reshape(batch, 1, rows, 1), key, window);
    Tensor scores =
        q.permute(0, 2, 1, 3).matMul(k).mul(scale).maskedFill(unseen, Double.NEGATIVE_INFINITY);
    return List.of(new Softmax(scores).result().matMul(v).add(0).permute(0, 2, 1, 3));
  }

  private static Tensor repeat(Tensor x, int group) {
    Shape shape = x.shape();
    return x.unsqueeze(2)
        .broadcastTo(shape.insert(2, group))
        .reshape(shape.with(1, shape.dim(1) * group));
  }
}
