package telos.nn;

import telos.tensor.Fixed;
import telos.tensor.Tensor;
import telos.tensor.fused.Rotary;

/// Cosines and sines of rotary position embedding (Su et al. 2021): dimension `j` of a head turns
/// by `t base^(-2j/D)` at position `t`. They carry no gradient.
///
/// @param cos `[T, D/2]` for the positions `0, 1, ..., T - 1`
/// @param sin as `cos`
public record RotaryTable(@Fixed Tensor cos, @Fixed Tensor sin) {
  /// The tables of all positions of a context.
  ///
  /// @param context T, the number of positions
  /// @param headWidth D, even
  /// @param base usually 10 000
  public static RotaryTable of(int context, int headWidth, double base) {
    int half = headWidth / 2;
    float[] cos = new float[context * half];
    float[] sin = new float[context * half];
    for (int j = 0; j < half; j++) {
      double frequency = StrictMath.pow(base, -2.0 * j / headWidth);
      for (int t = 0; t < context; t++) {
        cos[t * half + j] = (float) StrictMath.cos(t * frequency);
        sin[t * half + j] = (float) StrictMath.sin(t * frequency);
      }
    }
    return new RotaryTable(Tensor.of(cos, context, half), Tensor.of(sin, context, half));
  }

  /// Turns the first `heads` heads of each row, whose positions are `0, 1, ..., T - 1`.
  ///
  /// @param x `[B, T, N, D]`
  public Tensor turn(Tensor x, int heads) {
    int length = x.dim(1);
    return new Rotary(x, cos.slice(0, 0, length), sin.slice(0, 0, length), heads).result();
  }

  /// Turns the first `heads` heads of single positions.
  ///
  /// @param x `[B, 1, N, D]`
  /// @param position I32 `[B]`, the position of each row in its own sequence
  public Tensor turnAt(Tensor x, int heads, Tensor position) {
    Tensor rows = position.unsqueeze(1);
    return new Rotary(x, cos.gather(0, rows), sin.gather(0, rows), heads).result();
  }
}
