package telos.nn;

import java.util.Optional;
import telos.tensor.Tensor;

/// One pre-norm transformer block: `x + attention(norm(x))`, then `x + mlp(norm(x))`.
public record Block(Norm attentionNorm, CausalAttention attention, Norm mlpNorm, Layer mlp) {
  /// The residual stream after this block.
  ///
  /// @param x the residual stream `[B, T, D]`
  public Tensor call(Tensor x, Optional<RotaryTable> rotary) {
    return feedForward(x.add(attention.attend(packed(x, rotary))));
  }

  /// As [#call] of a row in which no document sees another.
  ///
  /// @param x the residual stream `[1, T, D]`
  Tensor within(Documents documents, Tensor x, Optional<RotaryTable> rotary) {
    return feedForward(x.add(attention.within(documents, attentionNorm.call(x), rotary)));
  }

  /// Queries, keys and values `[B, T, H + 2K, D]` that this block makes of its input.
  Tensor packed(Tensor x, Optional<RotaryTable> rotary) {
    return attention.packed(attentionNorm.call(x), rotary);
  }

  Tensor feedForward(Tensor x) {
    return x.add(mlp.call(mlpNorm.call(x)));
  }
}
