package telos.nn;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import telos.autograd.Recompute;
import telos.tensor.Rng;
import telos.tensor.Tensor;

/// A decoder-only transformer (Radford et al. 2019): GPT-2, Llama, Mistral and Qwen are
/// configurations of it.
///
/// Shapes: B batch, T time, D model, V vocabulary. Sequences start at position 0 of their row;
/// padding may only follow the last token, and what stands there changes nothing before it. To
/// generate, see [Generator].
///
/// A stack of models ([Ensemble#stack]) is one model, for whole sequences: it takes ids `[B, T]`
/// for all its E members, or `[E, B, T]` for each its own, and every result has an axis E before
/// all others.
///
/// @param config what shape the model has
/// @param tokens `[V, D]`
/// @param positions learned positions `[context, D]`, or empty
/// @param rotary rotary positions, or empty
/// @param blocks the layers
/// @param norm the final normalisation
/// @param head `[D, V]`; empty where the embedding is used again (tied)
public record Gpt(
    GptConfig config,
    Embedding tokens,
    Optional<Embedding> positions,
    Optional<RotaryTable> rotary,
    List<Block> blocks,
    Norm norm,
    Optional<Projection> head) {
  public Gpt {
    blocks = List.copyOf(blocks);
  }

  /// Random weights as in GPT-2: normal with standard deviation 0.02, the two projections back into
  /// the residual stream divided by `sqrt(2 layers)`; biases zero, gains one.
  public static Gpt init(GptConfig config, Rng key) {
    return GptInit.random(config, key);
  }

  /// The model without its weights: every leaf is absent. Says what leaves there are and of what
  /// shapes, at no cost.
  public static Gpt outline(GptConfig config) {
    return GptInit.outline(config);
  }

  /// The rotary table for a pass over whole sequences of `length` positions: [#rotary], unless the
  /// scaling is [RotaryScaling.Dynamic] and they are longer than those it was trained on.
  Optional<RotaryTable> rotary(int length) {
    return config.positions() instanceof GptConfig.Rotary turning && turning.changesAt(length)
        ? rotary.map(table -> RotaryTable.whole(length, config.attention().headWidth(), turning))
        : rotary;
  }

  /// Scores of the next token at every position.
  ///
  /// @param ids I32 `[B, T]`
  /// @return `[B, T, V]`
  public Tensor logits(Tensor ids) {
    return unembed(hidden(ids));
  }

  /// The final hidden states after the last normalisation, `[B, T, D]`.
  ///
  /// @param ids I32 `[B, T]`
  public Tensor hidden(Tensor ids) {
    return norm.call(hidden(ids, blocks.size()));
  }

  /// As [#logits(Tensor)] of several documents in one row, none of which sees another: the numbers
  /// that each would get in a row of its own, to the bit, without padding.
  ///
  /// @param ids I32 `[1, T]`, the tokens of the documents one after the other; each document may be
  ///   as long as the context, the row longer
  /// @return `[1, T, V]`
  public Tensor logits(Tensor ids, Documents documents) {
    documents.check(ids, config.context());
    if (config.positions() instanceof GptConfig.Rotary turning
        && turning.changesAt(documents.longest())) {
      throw new IllegalArgumentException(
          "gpt: a document of "
              + documents.longest()
              + " tokens cannot share a row, since dynamic rotary scaling turns every length beyond"
              + " the trained one in its own way; cut documents to that");
    }
    Tensor x = tokens.call(ids);
    x = positions.map(table -> table.call(documents.positions())).map(x::add).orElse(x);
    for (Block block : blocks) {
      x = block.within(documents, x, rotary);
    }
    return unembed(norm.call(x));
  }

  /// The residual stream `[B, T, D]` after the first `layer` blocks: 0 is the embedding, the number
  /// of layers the input of the final normalisation.
  ///
  /// @param ids I32 `[B, T]`
  public Tensor hidden(Tensor ids, int layer) {
    if (layer < 0 || layer > blocks.size()) {
      throw new IllegalArgumentException(
          "hidden: layer " + layer + " is not in 0 to " + blocks.size());
    }
    Tensor x = embed(ids);
    Optional<RotaryTable> turning = rotary(ids.dim(-1));
    for (Block block : blocks.subList(0, layer)) {
      x = block.call(x, turning);
    }
    return x;
  }

  /// [#hidden(Tensor)] with every block in a [Recompute], for training where memory is short: the
  /// same bits and the same gradient, but of each block only the input stays until the backward
  /// pass, which holds the activations of one block at a time and runs every block again.
  ///
  /// @param ids I32 `[B, T]`
  public Tensor recomputedHidden(Tensor ids) {
    Tensor x = embed(ids);
    Optional<RotaryTable> turning = rotary(ids.dim(-1));
    for (Block block : blocks) {
      Tensor input = x;
      x = Recompute.of(() -> block.call(input, turning));
    }
    return norm.call(x);
  }

  /// The residual stream after 0, 1, ... all blocks: `layers + 1` tensors `[B, T, D]`.
  ///
  /// @param ids I32 `[B, T]`
  public List<Tensor> hiddenStates(Tensor ids) {
    List<Tensor> states = new ArrayList<>(List.of(embed(ids)));
    Optional<RotaryTable> turning = rotary(ids.dim(-1));
    for (Block block : blocks) {
      states.add(block.call(states.getLast(), turning));
    }
    return List.copyOf(states);
  }

  /// The attention weights `[B, H, T, T]` of every layer. They exist only here: the forward pass
  /// never holds them.
  ///
  /// @param ids I32 `[B, T]`
  public List<Tensor> attentionMaps(Tensor ids) {
    List<Tensor> maps = new ArrayList<>();
    Tensor x = embed(ids);
    Optional<RotaryTable> turning = rotary(ids.dim(-1));
    for (Block block : blocks) {
      maps.add(block.attention().weights(block.packed(x, turning)));
      x = block.call(x, turning);
    }
    return List.copyOf(maps);
  }

  /// Token and position embeddings `[B, T, D]`.
  Tensor embed(Tensor ids) {
    checkIds(ids);
    Tensor x = tokens.call(each(ids));
    return positions
        .map(table -> x.add(table.weight().slice(-2, 0, ids.dim(-1)).unsqueeze(-3)))
        .orElse(x);
  }

  /// Ids `[B, T]` for each member of a stack.
  private Tensor each(Tensor ids) {
    return tokens.isStack() && ids.rank() == 2
        ? ids.unsqueeze(0).broadcastTo(ids.shape().insert(0, tokens.weight().dim(0)))
        : ids;
  }

  /// Embeddings `[B, 1, D]` of one token a row at positions of their own.
  ///
  /// @param ids I32 `[B]`
  /// @param position I32 `[B]`
  Tensor embedAt(Tensor ids, Tensor position) {
    Tensor x = tokens.call(ids);
    return positions.map(table -> x.add(table.call(position))).orElse(x).unsqueeze(1);
  }

  /// Scores of the next token from hidden states.
  ///
  /// @param hidden normalised hidden states `[..., D]`
  /// @return logits `[..., V]`
  public Tensor unembed(Tensor hidden) {
    return head.isPresent() ? head.get().call(hidden) : tokens.scores(hidden);
  }

  private void checkIds(Tensor ids) {
    boolean fits = ids.rank() == 2 || ids.rank() == 3 && tokens.isStack();
    if (!fits || ids.dim(-1) > config.context()) {
      throw new IllegalArgumentException(
          "gpt: token ids "
              + ids.shape()
              + " must be [B, T] with T at most the context of "
              + config.context());
    }
  }
}
