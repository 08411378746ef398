package telos.nn;

import java.util.Optional;
import telos.tensor.Tensor;
import telos.tensor.fused.Attention;
import telos.tensor.fused.CachedAttention;

/// Causal self-attention (Vaswani et al. 2017) with H query heads that share K key and value heads
/// in groups of H/K (Ainslie et al. 2023); K = H is the multi-head, K = 1 the multi-query form.
///
/// Padding may only follow a sequence: a position sees itself and those before it, nothing else.
///
/// @param qkv `[width, (H + 2K) D]`: queries, keys and values in one product
/// @param out `[H D, width]`
/// @param heads H
/// @param keyHeads K
public record CausalAttention(Projection qkv, Projection out, int heads, int keyHeads)
    implements Layer {
  public CausalAttention {
    boolean fits =
        keyHeads > 0
            && heads % keyHeads == 0
            && qkv.out() % (heads + 2 * keyHeads) == 0
            && out.in() == qkv.out() / (heads + 2 * keyHeads) * heads;
    if (!fits) {
      throw new IllegalArgumentException(
          "attention: projections "
              + extents(qkv)
              + " and "
              + extents(out)
              + " do not fit H = "
              + heads
              + " query and K = "
              + keyHeads
              + " key heads; needs [width, (H + 2K) D] and [H D, width], K a divisor of H");
    }
  }

  private static String extents(Projection map) {
    return "[" + map.in() + ", " + map.out() + "]";
  }

  /// D, the width of one head.
  public int headWidth() {
    return out.in() / heads;
  }

  /// Without rotary positions.
  ///
  /// @param x `[B, T, width]`
  @Override
  public Tensor call(Tensor x) {
    return attend(packed(x, Optional.empty()));
  }

  /// Queries, keys and values `[B, T, H + 2K, D]`, queries and keys turned by their positions.
  ///
  /// @param x `[B, T, width]`
  public Tensor packed(Tensor x, Optional<RotaryTable> rotary) {
    Tensor packed = split(x);
    return rotary.map(table -> table.turn(packed, heads + keyHeads)).orElse(packed);
  }

  /// As [#packed] for one position a row.
  ///
  /// @param x `[B, 1, width]`
  /// @param position I32 `[B]`
  Tensor packedAt(Tensor x, Optional<RotaryTable> rotary, Tensor position) {
    Tensor packed = split(x);
    return rotary.map(table -> table.turnAt(packed, heads + keyHeads, position)).orElse(packed);
  }

  private Tensor split(Tensor x) {
    return qkv.call(x).reshape(x.dim(0), x.dim(1), heads + 2 * keyHeads, headWidth());
  }

  /// Attention and output projection.
  ///
  /// @param packed from [#packed]
  /// @return `[B, T, width]`
  public Tensor attend(Tensor packed) {
    return project(new Attention(packed, heads, keyHeads, scale()).result());
  }

  /// The attention weights `[B, H, T, T]`, row `t` over the positions it sees.
  ///
  /// @param packed from [#packed]
  public Tensor weights(Tensor packed) {
    return new Attention(packed, heads, keyHeads, scale()).weights();
  }

  /// Attention of new positions, whose keys and values the cache already holds.
  ///
  /// @param packed `[B, n, H + 2K, D]`
  /// @param position I32 `[B]`, of the first new position of each row
  /// @return `[B, n, H, D]`, to be projected
  Tensor attendedAt(Tensor packed, KvCache.Blocks blocks, Tensor position) {
    Tensor queries = packed.slice(2, 0, heads);
    return new CachedAttention(queries, blocks.keys(), blocks.values(), position, scale()).result();
  }

  /// The output projection.
  ///
  /// @param attended `[B, T, H, D]`
  /// @return `[B, T, width]`
  Tensor project(Tensor attended) {
    return out.call(attended.reshape(attended.dim(0), attended.dim(1), out.in()));
  }

  private float scale() {
    return (float) (1 / Math.sqrt(headWidth()));
  }
}
