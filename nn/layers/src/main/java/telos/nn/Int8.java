package telos.nn;

import telos.tensor.DType;
import telos.tensor.Tensor;

/// A matrix in I8 with one scale for each row or column: symmetric, `w` is about `weight * scale`
/// with the scale `max|w| / 127`, so that the error is at most half a scale.
///
/// @param weight I8
/// @param scale F32, one for each row or column
record Int8(Tensor weight, Tensor scale) {
  private static final int LARGEST = 127;

  /// Added to a small number and taken away again it leaves the nearest integer, ties to even: at
  /// this size neighbours are 1 apart.
  private static final double ROUNDING = 0x1.8p23;

  /// @param path of the matrix, for errors
  /// @param axis that one scale runs along: 0 for a scale a column, 1 for a scale a row
  static Int8 of(String path, Tensor matrix, int axis) {
    if (matrix.rank() != 2) {
      throw new IllegalArgumentException(
          "quantize: '" + path + "' is " + matrix.shape() + "; only matrices can be int8");
    }
    Tensor wide = matrix.cast(DType.F32);
    Tensor scale = wide.abs().max(axis).div(LARGEST);
    requireFinite(path, scale.toFloats());
    Tensor tiny = scale.lt(Float.MIN_NORMAL);
    Tensor divisor = tiny.where(scale.zerosLike().add(1), scale);
    Tensor scaled = wide.div(divisor.unsqueeze(axis));
    return new Int8(scaled.add(ROUNDING).sub(ROUNDING).cast(DType.I8), divisor);
  }

  private static void requireFinite(String path, float[] scales) {
    for (int i = 0; i < scales.length; i++) {
      if (!Float.isFinite(scales[i])) {
        throw new IllegalArgumentException(
            "quantize: '" + path + "' has a weight that is not finite for channel " + i);
      }
    }
  }
}
