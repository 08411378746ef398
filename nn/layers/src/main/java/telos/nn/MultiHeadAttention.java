package telos.nn;

import telos.autograd.Recompute;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.fused.Softmax;

/// Attention in both directions (Vaswani et al. 2017, section 3.2): every position of `x` looks at
/// all positions of a memory, which is `x` itself in an encoder and another sequence in
/// cross-attention. H query heads share K key and value heads in groups of H/K, as in
/// [CausalAttention].
///
///     softmax(q k' / sqrt(D)) v
///
/// Rows of the memory have lengths: what stands after a row's end gets weight zero and is itself
/// read as zero, so that a row's result has the same bits whatever its padding holds and however
/// long it is.
///
/// @param query `[width, H D]`
/// @param key `[memory width, K D]`
/// @param value `[memory width, K D]`
/// @param out `[H D, width]`
/// @param heads H
/// @param keyHeads K
public record MultiHeadAttention(
    Projection query, Projection key, Projection value, Projection out, int heads, int keyHeads) {
  public MultiHeadAttention {
    boolean fits =
        keyHeads > 0
            && heads % keyHeads == 0
            && query.out() % heads == 0
            && key.out() == query.out() / heads * keyHeads
            && value.out() == key.out()
            && value.in() == key.in()
            && out.in() == query.out();
    if (!fits) {
      throw new IllegalArgumentException(
          "attention: "
              + query.out()
              + " queries, "
              + key.out()
              + " keys, "
              + value.out()
              + " values and "
              + out.in()
              + " inputs of the last projection do not fit H = "
              + heads
              + " query and K = "
              + keyHeads
              + " key heads; needs H D, K D, K D and H D, K a divisor of H");
    }
  }

  /// H heads of queries, keys and values, all of width `width / H`; weights drawn by `init`, biases
  /// zero.
  ///
  /// @param memory width of the memory
  public static MultiHeadAttention init(int width, int memory, int heads, Init init, Rng key) {
    return new MultiHeadAttention(
        Linear.init(width, width, true, init, key.fold(0)),
        Linear.init(memory, width, true, init, key.fold(1)),
        Linear.init(memory, width, true, init, key.fold(2)),
        Linear.init(width, width, true, init, key.fold(3)),
        heads,
        heads);
  }

  /// D, the width of one head.
  public int headWidth() {
    return query.out() / heads;
  }

  /// While a gradient is recorded the scores are not kept but computed again, see [Recompute]: T S
  /// numbers a head would be most of an encoder's memory.
  ///
  /// @param x `[B, T, width]`
  /// @param memory `[B, S, memory width]`
  /// @param lengths I32 `[B]`: how many positions of each row of the memory count, 1 to S
  /// @return `[B, T, width]`
  public Tensor call(Tensor x, Tensor memory, Tensor lengths) {
    Rows.check("attention", memory, lengths);
    Tensor kept = Rows.masked(memory, lengths);
    Tensor queries = grouped(query.call(x));
    Tensor keys = split(key.call(kept), keyHeads);
    Tensor values = split(value.call(kept), keyHeads);
    Tensor attended = Recompute.of(() -> shares(queries, keys, lengths).matMul(values).add(0));
    Tensor joined =
        attended
            .reshape(x.dim(0), heads, x.dim(1), headWidth())
            .permute(0, 2, 1, 3)
            .reshape(x.shape().with(-1, query.out()));
    return out.call(joined);
  }

  /// The weights `[B, H, T, S]` that the positions of `x` give to those of the memory.
  public Tensor weights(Tensor x, Tensor memory, Tensor lengths) {
    Rows.check("attention", memory, lengths);
    Tensor keys = split(key.call(Rows.masked(memory, lengths)), keyHeads);
    return shares(grouped(query.call(x)), keys, lengths)
        .reshape(x.dim(0), heads, x.dim(1), memory.dim(1));
  }

  private static Tensor shares(Tensor queries, Tensor keys, Tensor lengths) {
    int source = keys.dim(2);
    Tensor padding = Rows.mask(lengths, source).not().reshape(lengths.dim(0), 1, 1, source);
    Tensor scores = queries.mul(1 / Math.sqrt(queries.dim(-1))).matMul(keys, false, true);
    return new Softmax(scores.maskedFill(padding, Double.NEGATIVE_INFINITY)).result();
  }

  /// `[B, T, n D]` as `[B, n, T, D]`.
  private Tensor split(Tensor x, int n) {
    return x.reshape(x.dim(0), x.dim(1), n, headWidth()).permute(0, 2, 1, 3);
  }

  /// The queries `[B, K, (H/K) T, D]`: those that share keys form one matrix.
  private Tensor grouped(Tensor x) {
    return split(x, heads)
        .reshape(Shape.of(x.dim(0), keyHeads, heads / keyHeads * x.dim(1), headWidth()));
  }
}
