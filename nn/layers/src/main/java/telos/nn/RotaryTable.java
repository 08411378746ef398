package telos.nn;

import java.util.function.IntFunction;
import telos.tensor.Fixed;
import telos.tensor.Tensor;
import telos.tensor.fused.Rotary;

/// Cosines and sines of rotary position embedding (Su et al. 2021): pair `j` of a head turns by `t
/// f_j` at position `t`, `f_j = base^(-2j/D)` unless scaled (see [RotaryScaling]). They carry no
/// gradient.
///
/// @param cos `[T, D/2]` for the positions `0, 1, ..., T - 1`
/// @param sin as `cos`
public record RotaryTable(@Fixed Tensor cos, @Fixed Tensor sin) {
  /// The tables of all positions of a context, each position as the last one of its sequence.
  ///
  /// @param context T, the number of positions
  /// @param headWidth D, even
  public static RotaryTable of(int context, int headWidth, GptConfig.Rotary rotary) {
    double[] trained = rotary.frequencies(headWidth, 1);
    return filled(
        context,
        headWidth,
        t -> rotary.changesAt(t + 1) ? rotary.frequencies(headWidth, t + 1) : trained);
  }

  /// The tables of a whole sequence of `length` positions.
  static RotaryTable whole(int length, int headWidth, GptConfig.Rotary rotary) {
    double[] frequencies = rotary.frequencies(headWidth, length);
    return filled(length, headWidth, _ -> frequencies);
  }

  private static RotaryTable filled(int positions, int headWidth, IntFunction<double[]> at) {
    int half = headWidth / 2;
    float[] cos = new float[Math.multiplyExact(positions, half)];
    float[] sin = new float[cos.length];
    for (int t = 0; t < positions; t++) {
      double[] frequencies = at.apply(t);
      for (int j = 0; j < half; j++) {
        cos[t * half + j] = (float) StrictMath.cos(t * frequencies[j]);
        sin[t * half + j] = (float) StrictMath.sin(t * frequencies[j]);
      }
    }
    return new RotaryTable(Tensor.of(cos, positions, half), Tensor.of(sin, positions, half));
  }

  /// Turns the first `heads` heads of each row, whose positions are `0, 1, ..., T - 1`.
  ///
  /// @param x `[B, T, N, D]`
  public Tensor turn(Tensor x, int heads) {
    int length = x.dim(1);
    return new Rotary(x, cos.slice(0, 0, length), sin.slice(0, 0, length), heads).result();
  }

  /// Turns the first `heads` heads of rows at positions of their own.
  ///
  /// @param x `[B, n, N, D]`
  /// @param position I32 `[B, n]`, each in its own sequence, or `[B]` where n is 1
  public Tensor turnAt(Tensor x, int heads, Tensor position) {
    Tensor rows = position.reshape(x.dim(0), x.dim(1));
    return new Rotary(x, cos.gather(0, rows), sin.gather(0, rows), heads).result();
  }
}
