package telos.nn;

import telos.tensor.Tensor;

/// Sentence embeddings (Reimers and Gurevych 2019): an encoder and what pools its states.
///
/// @param normalised whether embeddings have length one, so that their inner product is the cosine
public record SentenceEncoder(Encoder encoder, Pooling pooling, boolean normalised) {
  /// One vector a sequence, with the same bits in every batch.
  ///
  /// @param ids I32 `[B, T]`
  /// @param lengths I32 `[B]`, each in `[1, T]`
  /// @return `[B, D]`
  public Tensor call(Tensor ids, Tensor lengths) {
    Tensor pooled = pooling.call(encoder.hidden(ids, lengths), lengths);
    return normalised ? pooled.mul(inverseLength(pooled)) : pooled;
  }

  /// `1 / max(|x|, 1e-12)` of each row: a row of zeros stays one.
  private static Tensor inverseLength(Tensor x) {
    return x.square().sum(-1).maximum(1e-24).rsqrt().unsqueeze(-1);
  }
}
