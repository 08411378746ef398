package telos.nn;

import telos.tensor.Tensor;

/// How the hidden states of a sequence become one vector.
public enum Pooling {
  /// The state at the first position, where BERT's tokenizers put `[CLS]`.
  CLS,
  /// The mean over the positions of the sequence (Reimers and Gurevych 2019).
  MEAN;

  /// @param hidden `[B, T, D]`
  /// @param lengths I32 `[B]`, each in `[1, T]`
  /// @return `[B, D]`
  public Tensor call(Tensor hidden, Tensor lengths) {
    return switch (this) {
      case CLS -> hidden.at(1, 0);
      case MEAN ->
          Rows.masked(hidden, lengths)
              .sum(1)
              .div(lengths.cast(hidden.dtype()).reshape(lengths.dim(0), 1));
    };
  }
}
