package telos.nn;

import telos.tensor.DType;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// Which elements count.
final class Masks {
  private Masks() {}

  /// `x` where the mask is true, exactly zero elsewhere (whatever `x` is there); weights multiply.
  ///
  /// @param mask of the shape of `x`, BOOL or weights
  static Tensor apply(String what, Tensor x, Tensor mask) {
    requireEqual(what, "values", x.shape(), "mask", mask.shape());
    boolean weights = mask.dtype() != DType.BOOL;
    Tensor kept = (weights ? mask.ne(0) : mask).where(x, x.zerosLike());
    return weights ? kept.mul(mask.cast(x.dtype())) : kept;
  }

  static void requireEqual(String what, String first, Shape a, String second, Shape b) {
    if (!a.equals(b)) {
      throw new IllegalArgumentException(
          what + ": " + first + " " + a + " and " + second + " " + b + " must have one shape");
    }
  }
}
