package telos.nn;

import telos.tensor.Tensor;

/// One transformer block that sees the whole sequence. Post-norm (Vaswani et al. 2017): `h = norm(x
/// + attention(x))`, then `norm(h + mlp(h))`. Pre-norm (Xiong et al. 2020): `h = x +
///   attention(norm(x))`, then `h + mlp(norm(h))`, whose sum wants a normalisation after the last
///   block.
public record EncoderBlock(
    MultiHeadAttention attention, Norm attentionNorm, Layer mlp, Norm mlpNorm, boolean preNorm) {
  /// Post-norm.
  public EncoderBlock(MultiHeadAttention attention, Norm attentionNorm, Layer mlp, Norm mlpNorm) {
    this(attention, attentionNorm, mlp, mlpNorm, false);
  }

  /// @param x `[B, T, D]`
  /// @param lengths I32 `[B]`
  public Tensor call(Tensor x, Tensor lengths) {
    if (preNorm) {
      Tensor read = attentionNorm.call(x);
      Tensor h = x.add(attention.call(read, read, lengths));
      return h.add(mlp.call(mlpNorm.call(h)));
    }
    Tensor h = attentionNorm.call(x.add(attention.call(x, x, lengths)));
    return mlpNorm.call(h.add(mlp.call(h)));
  }
}
