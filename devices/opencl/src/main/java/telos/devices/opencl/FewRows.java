package telos.devices.opencl;

import org.jspecify.annotations.Nullable;
import telos.tensor.DType;

/// A product with few rows, `y [m, n] = (x [m, k] op(w)) scale + bias`, that reads its weights
/// where they lie, see `few.cl`.
///
/// @param weights F32, BF16 or I8
/// @param transposed whether `w` is `[n, k]`
record FewRows(int m, int n, int k, DType weights, boolean transposed) {
  /// For which every weight is read once.
  static final int ROWS = 8;

  /// Items of a group: few, so that there are groups for many compute units.
  private static final int GROUP = 32;

  void run(
      OpenClDevice device,
      OpenClStorage x,
      OpenClStorage w,
      @Nullable OpenClStorage scale,
      @Nullable OpenClStorage bias,
      OpenClStorage y) {
    int rows = m == 1 ? 1 : m <= ROWS / 2 ? ROWS / 2 : ROWS;
    long items = (long) Math.ceilDiv(n, device.lanes()) * Math.ceilDiv(m, rows);
    device
        .programs()
        .kernel(
            "few",
            DType.F32,
            "few_rows",
            "ROWS=" + rows,
            "LANES=" + device.lanes(),
            "WEIGHTS=" + Types.name(weights),
            "TRANSPOSED=" + (transposed ? 1 : 0),
            "SCALE=" + (scale == null ? 0 : 1),
            "BIAS=" + (bias == null ? 0 : 1))
        .run(
            Range.of(items, GROUP),
            x,
            w,
            scale == null ? y : scale,
            bias == null ? y : bias,
            y,
            m,
            n,
            k);
  }
}
