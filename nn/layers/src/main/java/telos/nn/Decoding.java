package telos.nn;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import telos.tensor.Tensor;

/// A model that has read a prefix of every row, and its scores of what comes next. On the cpu
/// device the scores are, to the bit, the rows of [Gpt#logits] of the whole sequences.
///
/// @param logits `[B, V]` of the next token of each row
/// @param cache what the model has seen
public record Decoding(Tensor logits, KvCache cache) {
  /// Reads prompts in one forward pass.
  ///
  /// @param ids I32 `[B, T]`, padded after the prompts with any valid token
  /// @param lengths I32 `[B]`, the length of each prompt, at least 1
  public static Decoding prefill(Gpt model, Tensor ids, Tensor lengths) {
    List<KvCache.Blocks> layers = new ArrayList<>();
    Tensor x = model.embed(ids);
    Optional<RotaryTable> rotary = model.rotary(ids.dim(1));
    for (Block block : model.blocks()) {
      CausalAttention attention = block.attention();
      Tensor packed = block.packed(x, rotary);
      layers.add(KvCache.Blocks.of(packed, attention.heads(), attention.keyHeads()));
      x = block.feedForward(x.add(attention.attend(packed)));
    }
    Tensor last = model.norm().call(Rows.last(x, lengths));
    return new Decoding(model.unembed(last), new KvCache(layers, lengths.alias()));
  }

  /// Reads one more token a row.
  ///
  /// @param tokens I32 `[B]`
  public Decoding next(Gpt model, Tensor tokens) {
    return next(model, tokens, false);
  }

  /// The same for a loop that appends to no value twice: the tail of the cache is not copied.
  Decoding advance(Gpt model, Tensor tokens) {
    return next(model, tokens, true);
  }

  private Decoding next(Gpt model, Tensor tokens, boolean owned) {
    Tensor position = cache.lengths();
    KvCache.Slots slots = cache.slots();
    List<KvCache.Blocks> layers = new ArrayList<>();
    Tensor x = model.embedAt(tokens, position);
    for (int i = 0; i < model.blocks().size(); i++) {
      Block block = model.blocks().get(i);
      CausalAttention attention = block.attention();
      Tensor packed = attention.packedAt(block.attentionNorm().call(x), model.rotary(), position);
      KvCache.Blocks blocks =
          cache.layers().get(i).with(slots, packed, attention.heads(), attention.keyHeads(), owned);
      layers.add(blocks);
      x = block.feedForward(x.add(attention.attendAt(packed, blocks, position)));
    }
    Tensor logits = model.unembed(model.norm().call(x.squeeze(1)));
    return new Decoding(logits, new KvCache(layers, position.add(1)));
  }

  /// The rows at `rows` (I32 `[b]`), in that order.
  public Decoding gather(Tensor rows) {
    return new Decoding(logits.gather(0, rows), cache.gather(rows));
  }
}
