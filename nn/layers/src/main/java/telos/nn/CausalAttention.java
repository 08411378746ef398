package telos.nn;

import java.util.List;
import java.util.Optional;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.fused.Attention;
import telos.tensor.fused.CachedAttention;

/// Causal self-attention (Vaswani et al. 2017) with H query heads that share K key and value heads
/// in groups of H/K (Ainslie et al. 2023); K = H is the multi-head, K = 1 the multi-query form.
///
/// Padding may only follow a sequence: a position sees itself and those before it, nothing else;
/// with a sliding window only the last of those.
///
/// @param qkv `[width, (H + 2K) D]`: queries, keys and values in one product
/// @param out `[H D, width]`
/// @param norms of every query and key before it turns, or empty
/// @param heads H
/// @param keyHeads K
/// @param window how many positions each sees, its own included; [Attention#ALL] for all before it
public record CausalAttention(
    Projection qkv, Projection out, Optional<HeadNorms> norms, int heads, int keyHeads, int window)
    implements Layer {
  /// Normalisation of single queries and keys (Henry et al. 2020), each over one head.
  public record HeadNorms(Norm query, Norm key) {}

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

  /// Without head norms and window.
  public CausalAttention(Projection qkv, Projection out, int heads, int keyHeads) {
    this(qkv, out, Optional.empty(), heads, keyHeads, Attention.ALL);
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

  /// Queries, keys and values `[B, T, H + 2K, D]`, queries and keys turned by their positions. A
  /// stack (an ensemble) has another axis E before all others, here and below.
  ///
  /// @param x `[B, T, width]`
  public Tensor packed(Tensor x, Optional<RotaryTable> rotary) {
    return turned(split(x), rotary);
  }

  private Tensor turned(Tensor packed, Optional<RotaryTable> rotary) {
    return rotary
        .map(table -> table.turn(rows(packed), heads + keyHeads).reshape(packed.shape()))
        .orElse(packed);
  }

  /// The rows of all members of a stack one after the other.
  private static Tensor rows(Tensor packed) {
    Shape shape = packed.shape();
    return packed.reshape(
        shape.size(0, shape.rank() - 3), shape.dim(-3), shape.dim(-2), shape.dim(-1));
  }

  /// Attention within each document of a row.
  ///
  /// @param x `[1, T, width]`
  /// @return `[1, T, width]`
  Tensor within(Documents documents, Tensor x, Optional<RotaryTable> rotary) {
    return project(documents.each(split(x), part -> attended(turned(part, rotary))));
  }

  /// As [#packed] for rows at positions of their own.
  ///
  /// @param x `[B, n, width]`
  /// @param position I32 `[B, n]`, or `[B]` where n is 1
  Tensor packedAt(Tensor x, Optional<RotaryTable> rotary, Tensor position) {
    Tensor packed = split(x);
    return rotary.map(table -> table.turnAt(packed, heads + keyHeads, position)).orElse(packed);
  }

  private Tensor split(Tensor x) {
    Shape heads = Shape.of(this.heads + 2 * keyHeads, headWidth());
    Tensor packed = qkv.call(x).reshape(x.shape().without(-1).concat(heads));
    return norms.map(norm -> normalised(packed, norm)).orElse(packed);
  }

  private Tensor normalised(Tensor packed, HeadNorms each) {
    int values = heads + keyHeads;
    int axis = packed.rank() - 2;
    return Tensor.concat(
        axis,
        List.of(
            each.query().call(packed.slice(axis, 0, heads)),
            each.key().call(packed.slice(axis, heads, values)),
            packed.slice(axis, values, values + keyHeads)));
  }

  /// Attention and output projection.
  ///
  /// @param packed from [#packed]
  /// @return `[B, T, width]`
  public Tensor attend(Tensor packed) {
    return project(attended(packed));
  }

  private Tensor attended(Tensor packed) {
    return new Attention(rows(packed), heads, keyHeads, scale(), window)
        .result()
        .reshape(packed.shape().with(-2, heads));
  }

  /// The attention weights `[B, H, T, T]`, row `t` over the positions it sees.
  ///
  /// @param packed from [#packed]
  public Tensor weights(Tensor packed) {
    Tensor weights = new Attention(rows(packed), heads, keyHeads, scale(), window).weights();
    Shape rows = packed.shape().slice(0, packed.rank() - 3);
    return weights.reshape(rows.concat(Shape.of(heads, packed.dim(-3), packed.dim(-3))));
  }

  /// Attention of new positions, whose keys and values the cache already holds.
  ///
  /// @param packed `[B, n, H + 2K, D]`
  /// @param position I32 `[B]`, of the first new position of each row
  /// @return `[B, n, H, D]`, to be projected
  Tensor attendedAt(Tensor packed, KvCache.Blocks blocks, Tensor position) {
    Tensor queries = packed.slice(2, 0, heads);
    return new CachedAttention(queries, blocks.keys(), blocks.values(), position, scale(), window)
        .result();
  }

  /// The output projection.
  ///
  /// @param attended `[B, T, H, D]`
  /// @return `[B, T, width]`
  Tensor project(Tensor attended) {
    return out.call(attended.reshape(attended.shape().without(-1).with(-1, out.in())));
  }

  private float scale() {
    return (float) (1 / Math.sqrt(headWidth()));
  }
}
