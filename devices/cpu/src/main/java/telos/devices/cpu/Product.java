package telos.devices.cpu;

import java.util.Arrays;

/// The shape of a matrix product `C[m, n] = op(A)[m, k] op(B)[k, n]`, once for each batch item.
///
/// @param transposeA A lies in memory as `[k, m]` rather than `[m, k]`
/// @param transposeB B lies in memory as `[n, k]` rather than `[k, n]`
/// @param aAt where each item's A starts
/// @param bAt where each item's B starts; equal entries share one B
/// @param biasAt where each item's bias row starts, if there is a bias
@SuppressWarnings("ArrayRecordComponent") // never compared
record Product(
    int m,
    int n,
    int k,
    boolean transposeA,
    boolean transposeB,
    int[] aAt,
    int[] bAt,
    int[] biasAt) {

  /// One product; all operands start at 0.
  static Product of(int m, int n, int k, boolean transposeA, boolean transposeB) {
    int[] zero = {0};
    return new Product(m, n, k, transposeA, transposeB, zero, zero, zero);
  }

  /// `items` products whose operands are `aStride`, `bStride` and `biasStride` apart; stride 0
  /// shares the operand. Rows that meet the same B are one product with more rows: the bits are the
  /// same and B is packed once.
  Product repeated(int items, int aStride, int bStride, int biasStride) {
    boolean oneTall = bStride == 0 && biasStride == 0 && !transposeA && aStride == m * k;
    if (oneTall) {
      return new Product(m * items, n, k, false, transposeB, aAt, bAt, biasAt);
    }
    return withStarts(starts(items, aStride), starts(items, bStride), starts(items, biasStride));
  }

  /// One product for each entry.
  Product withStarts(int[] as, int[] bs, int[] biases) {
    return new Product(m, n, k, transposeA, transposeB, as, bs, biases);
  }

  /// Items `from` to `to` (exclusive).
  Product items(int from, int to) {
    if (from == 0 && to == batch()) {
      return this;
    }
    return withStarts(
        Arrays.copyOfRange(aAt, from, to),
        Arrays.copyOfRange(bAt, from, to),
        Arrays.copyOfRange(biasAt, from, to));
  }

  private static int[] starts(int items, int stride) {
    int[] starts = new int[items];
    Arrays.setAll(starts, i -> i * stride);
    return starts;
  }

  int batch() {
    return aAt.length;
  }

  /// Distance of rows of op(A) in memory.
  int aRow() {
    return transposeA ? 1 : k;
  }

  /// Distance of neighbours in a row of op(A) in memory.
  int aStep() {
    return transposeA ? m : 1;
  }

  /// Estimated nanoseconds of `rows` by `columns` elements: a hundred multiply-adds each.
  double nanos(int rows, int columns) {
    return 0.01 * rows * columns * k;
  }
}
