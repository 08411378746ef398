package telos.nn;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import telos.tensor.Rng;
import telos.tensor.Tensor;

/// The encoder of a transformer, as in BERT (Devlin et al. 2019): every position sees the whole
/// sequence. Learned positions, token types; post-norm blocks as there, or pre-norm.
///
/// Sequences start at position 0 of their row; padding follows, and changes nothing: a row's result
/// has the same bits in every batch.
///
/// @param tokens `[V, D]`
/// @param positions `[context, D]`
/// @param types one vector a token type (segment) `[types, D]`
/// @param norm of the sum of the three; in a pre-norm encoder of what the last block returns
/// @param pooler `[D, D]`: makes a summary of the first position, see [#summary]; many models have
///   none
public record Encoder(
    EncoderConfig config,
    Embedding tokens,
    Embedding positions,
    Embedding types,
    LayerNorm norm,
    List<EncoderBlock> blocks,
    Optional<Linear> pooler) {
  public Encoder {
    blocks = List.copyOf(blocks);
  }

  /// Random weights as in BERT: normal with standard deviation 0.02, biases zero, gains one; with a
  /// pooler.
  public static Encoder init(EncoderConfig config, Rng key) {
    int width = config.width();
    Init init = Init.normal(0.02);
    return new Encoder(
        config,
        Embedding.init(config.vocabulary(), width, init, key.fold(0)),
        Embedding.init(config.context(), width, init, key.fold(1)),
        Embedding.init(config.types(), width, init, key.fold(2)),
        LayerNorm.init(width, config.eps()),
        IntStream.range(0, config.layers())
            .mapToObj(i -> block(config, init, key.fold(4 + i)))
            .toList(),
        Optional.of(Linear.init(width, width, true, init, key.fold(3))));
  }

  private static EncoderBlock block(EncoderConfig config, Init init, Rng key) {
    int width = config.width();
    return new EncoderBlock(
        MultiHeadAttention.init(width, width, config.heads(), init, key.fold(0)),
        LayerNorm.init(width, config.eps()),
        Mlp.init(config.activation(), init, key.fold(1), width, config.mlpWidth(), width),
        LayerNorm.init(width, config.eps()),
        config.preNorm());
  }

  /// The last hidden states `[B, T, D]` of sequences of one segment, of type 0; what they are after
  /// a row's end means nothing.
  ///
  /// @param ids I32 `[B, T]`
  /// @param lengths I32 `[B]`, each in `[1, T]`
  public Tensor hidden(Tensor ids, Tensor lengths) {
    return hidden(ids, ids.zerosLike(), lengths);
  }

  /// As [#hidden(Tensor, Tensor)] with a type for every token.
  ///
  /// @param segments I32 `[B, T]`
  public Tensor hidden(Tensor ids, Tensor segments, Tensor lengths) {
    Tensor x = embed(ids, segments);
    for (EncoderBlock block : blocks) {
      x = block.call(x, lengths);
    }
    return config.preNorm() ? norm.call(x) : x;
  }

  private Tensor embed(Tensor ids, Tensor segments) {
    if (ids.rank() != 2 || ids.dim(1) > config.context()) {
      throw new IllegalArgumentException(
          "encoder: ids "
              + ids.shape()
              + " must be [B, T] with T of at most "
              + config.context()
              + ", the model's context");
    }
    Tensor places = positions.weight().slice(0, 0, ids.dim(1)).unsqueeze(0);
    Tensor sum = tokens.call(ids).add(types.call(segments)).add(places);
    return config.preNorm() ? sum : norm.call(sum);
  }

  /// BERT's summary of a sequence, `tanh(W h_0 + b)` `[B, D]` of its first position.
  ///
  /// @param hidden from [#hidden]
  public Tensor summary(Tensor hidden) {
    Linear map =
        pooler.orElseThrow(() -> new IllegalStateException("encoder: the model has no pooler"));
    return map.call(hidden.at(1, 0)).tanh();
  }
}
