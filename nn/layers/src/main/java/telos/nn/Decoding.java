package telos.nn;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
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

  /// Reads more tokens behind what a cache holds, in one forward pass.
  ///
  /// @param ids I32 `[B, n]`, padded after the new tokens with any valid token
  /// @param lengths I32 `[B]`, how many new tokens each row has, at least 1; with those before they
  ///   must fit the context
  public static Decoding extend(Gpt model, KvCache cache, Tensor ids, Tensor lengths) {
    Reading reading = Reading.of(model, cache, ids);
    Tensor last = Rows.last(reading.hidden(), lengths);
    return new Decoding(
        model.unembed(last), new KvCache(reading.layers(), cache.lengths().add(lengths)));
  }

  /// What a model makes of tokens behind a cached prefix.
  ///
  /// @param hidden normalised hidden states `[B, n, D]`
  /// @param layers keys and values of the prefix and the new tokens
  record Reading(Tensor hidden, List<KvCache.Blocks> layers) {
    /// @param ids I32 `[B, n]`
    static Reading of(Gpt model, KvCache cache, Tensor ids) {
      int batch = ids.dim(0);
      int count = ids.dim(1);
      Tensor position = positions(cache.lengths().toInts(), count, model.config().context());
      KvCache.Span span = cache.span(count);
      List<KvCache.Blocks> layers = new ArrayList<>();
      Tensor x = model.embedAt(ids.reshape(batch * count), position).reshape(batch, count, -1);
      for (int i = 0; i < model.blocks().size(); i++) {
        Block block = model.blocks().get(i);
        CausalAttention attention = block.attention();
        Tensor packed = attention.packedAt(block.attentionNorm().call(x), model.rotary(), position);
        KvCache.Blocks blocks =
            cache.layers().get(i).with(span, packed, attention.heads(), attention.keyHeads());
        layers.add(blocks);
        Tensor attended = attention.attendedAt(packed, blocks, cache.lengths());
        x = block.feedForward(x.add(attention.project(attended)));
      }
      return new Reading(model.norm().call(x), layers);
    }

    /// I32 `[B n]`. Padding may reach beyond the context; it stands at the last position then.
    private static Tensor positions(int[] start, int count, int context) {
      return Tensor.of(
          IntStream.range(0, start.length * count)
              .map(i -> Math.min(start[i / count] + i % count, context - 1))
              .toArray());
    }
  }

  /// Reads one more token a row.
  ///
  /// @param tokens I32 `[B]`
  public Decoding next(Gpt model, Tensor tokens) {
    Step step = Step.of(model, List.of(cache), tokens, false);
    return new Decoding(step.logits(), step.caches().getFirst());
  }

  /// One more token a row of several caches: everything but the attention runs on all rows at once.
  ///
  /// @param logits `[B, V]` of all rows, those of the first cache first
  record Step(Tensor logits, List<KvCache> caches) {
    /// @param tokens I32 `[B]`
    /// @param owned whether nobody appends to these caches again: their tails are not copied then
    static Step of(Gpt model, List<KvCache> caches, Tensor tokens, boolean owned) {
      Tensor position = joined(caches.stream().map(KvCache::lengths).toList());
      List<KvCache.Slots> slots = caches.stream().map(KvCache::slots).toList();
      List<List<KvCache.Blocks>> layers = new ArrayList<>();
      caches.forEach(_ -> layers.add(new ArrayList<>()));
      Tensor x = model.embedAt(tokens, position);
      for (int i = 0; i < model.blocks().size(); i++) {
        Block block = model.blocks().get(i);
        CausalAttention attention = block.attention();
        Tensor packed = attention.packedAt(block.attentionNorm().call(x), model.rotary(), position);
        List<Tensor> attended = new ArrayList<>();
        int row = 0;
        for (int c = 0; c < caches.size(); c++) {
          KvCache cache = caches.get(c);
          Tensor rows = rows(packed, row, row += cache.batch());
          KvCache.Blocks blocks =
              cache
                  .layers()
                  .get(i)
                  .with(slots.get(c), rows, attention.heads(), attention.keyHeads(), owned);
          layers.get(c).add(blocks);
          attended.add(attention.attendedAt(rows, blocks, cache.lengths()));
        }
        x = block.feedForward(x.add(attention.project(joined(attended))));
      }
      Tensor logits = model.unembed(model.norm().call(x.squeeze(1)));
      return new Step(
          logits,
          IntStream.range(0, caches.size())
              .mapToObj(c -> new KvCache(layers.get(c), caches.get(c).lengths().add(1)))
              .toList());
    }

    private static Tensor rows(Tensor x, int from, int to) {
      return to - from == x.dim(0) ? x : x.slice(0, from, to);
    }

    private static Tensor joined(List<Tensor> parts) {
      return parts.size() == 1 ? parts.getFirst() : Tensor.concat(0, parts);
    }
  }

  /// The rows at `rows` (I32 `[b]`), in that order.
  public Decoding gather(Tensor rows) {
    return new Decoding(logits.gather(0, rows), cache.gather(rows));
  }
}
