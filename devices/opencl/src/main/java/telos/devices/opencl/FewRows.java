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

  /// Vectors of sums of an item on a processor, as many as hide the time that one fma takes; the
  /// weights of a row lie side by side, and the more of them are read at once the fewer pages are
  /// met.
  private static final int SUMS = 8;

  /// Items of a group of another device: few, so that there are groups for many compute units.
  private static final int GROUP = 32;

  void run(
      OpenClDevice device,
      OpenClStorage x,
      OpenClStorage w,
      @Nullable OpenClStorage scale,
      @Nullable OpenClStorage bias,
      OpenClStorage y) {
    int rows = m == 1 ? 1 : m <= ROWS / 2 ? ROWS / 2 : ROWS;
    boolean processor = device.hardware().processor();
    int vectors = processor && !transposed ? SUMS / rows : 1;
    long items = (long) Math.ceilDiv(n, vectors * device.lanes()) * Math.ceilDiv(m, rows);
    device
        .programs()
        .kernel(
            "few",
            DType.F32,
            "few_rows",
            "ROWS=" + rows,
            "VECTORS=" + vectors,
            "LANES=" + device.lanes(),
            "WEIGHTS=" + Types.name(weights),
            "TRANSPOSED=" + (transposed ? 1 : 0),
            "SCALE=" + (scale == null ? 0 : 1),
            "BIAS=" + (bias == null ? 0 : 1))
        .run(
            Range.of(items, processor ? 1 : GROUP),
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
