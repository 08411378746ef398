package telos.devices.opencl;

import org.jspecify.annotations.Nullable;
import telos.tensor.fused.Attention;

/// One or more products of matrices of one size, `C = op(A) op(B) (+ bias)`.
///
/// @param m rows of C
/// @param n columns of C
/// @param k extent that is summed over
/// @param items how many products
/// @param inner of them, how many stand in a row, see [Place]
/// @param a the left operands
/// @param b the right operands
/// @param c the results
/// @param bias `[n]` for each item, or null
/// @param biasStep elements from one bias to the next
/// @param mask what a causal mask spares
/// @param window how many columns a row of that mask leaves, the diagonal's included
record Product(
    int m,
    int n,
    int k,
    int items,
    int inner,
    Matrix a,
    Matrix b,
    Matrix c,
    @Nullable OpenClStorage bias,
    int biasStep,
    Mask mask,
    int window) {
  /// Which part of a product under a causal mask is not needed.
  enum Mask {
    NONE(0),
    /// C above its diagonal and before the window.
    RESULT(1),
    /// `op(A)` there, which is zero.
    ABOVE(2),
    /// The transpose of such an `op(A)`: it is zero below its diagonal.
    BELOW(3);

    /// What the kernels call it.
    final int number;

    Mask(int number) {
      this.number = number;
    }
  }

  /// Where matrices lie in a buffer: matrix `z` starts at element `start + z / inner * outerStep +
  /// z % inner / share * innerStep`.
  ///
  /// @param pitch elements from one row to the next
  record Place(int start, int pitch, int outerStep, int innerStep, int share) {
    /// One after the other, `step` elements apart.
    static Place stack(int pitch, int step) {
      return new Place(0, pitch, step, 0, 1);
    }

    /// The argument of a kernel, an `int8`.
    int[] argument() {
      return new int[] {start, pitch, outerStep, innerStep, share, 0, 0, 0};
    }

    /// Whether every row of every matrix starts at a multiple of 4.
    boolean aligned() {
      return (start | pitch | outerStep | innerStep) % 4 == 0;
    }
  }

  /// Matrices in a buffer.
  record Matrix(OpenClStorage storage, Place place, boolean transposed) {}

  /// An ordinary stack: item after item, C dense.
  static Product of(int m, int n, int k, int items, Matrix a, Matrix b, OpenClStorage c) {
    Matrix result = new Matrix(c, Place.stack(n, m * n), false);
    return new Product(m, n, k, items, 1, a, b, result, null, 0, Mask.NONE, Attention.ALL);
  }

  Product withBias(@Nullable OpenClStorage value, int step) {
    return new Product(m, n, k, items, inner, a, b, c, value, step, mask, window);
  }

  Product withMask(Mask value, int columns) {
    return new Product(m, n, k, items, inner, a, b, c, bias, biasStep, value, columns);
  }

  /// Whether all rows of all operands can be read, and written, four elements at a time.
  boolean aligned() {
    int alongA = a.transposed() ? m : k;
    int alongB = b.transposed() ? k : n;
    return (alongA | alongB | n | biasStep) % 4 == 0
        && a.place().aligned()
        && b.place().aligned()
        && c.place().aligned();
  }
}
