package telos.nn;

import telos.tensor.Rng;
import telos.tensor.Tensor;

/// A table of vectors, one an index.
///
/// @param weight `[V, D]`
public record Embedding(Tensor weight) implements Layer {
  public Embedding {
    if (weight.rank() != 2) {
      throw new IllegalArgumentException(
          "embedding: weight " + weight.shape() + " is not [V, D], one row an index");
    }
  }

  public static Embedding init(int vocabulary, int width, Init init, Rng key) {
    return new Embedding(init.draw(key, vocabulary, width));
  }

  /// @param ids I32 `[...]`, each in `[0, V)`
  /// @return `[..., D]`
  @Override
  public Tensor call(Tensor ids) {
    return weight.gather(0, ids);
  }
}
