package telos.nn;

import telos.tensor.Tensor;

/// One post-norm transformer block (Vaswani et al. 2017): `h = norm(x + attention(x))`, then
/// `norm(h + mlp(h))`.
public record EncoderBlock(
    MultiHeadAttention attention, Norm attentionNorm, Layer mlp, Norm mlpNorm) {
  /// @param x `[B, T, D]`
  /// @param lengths I32 `[B]`
  public Tensor call(Tensor x, Tensor lengths) {
    Tensor h = attentionNorm.call(x.add(attention.call(x, x, lengths)));
    return mlpNorm.call(h.add(mlp.call(h)));
  }
}
