package telos.devices.opencl;

import telos.tensor.DType;
import telos.tensor.Op;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// Sums, maxima, their places, and running sums along one axis of `[outer, extent, inner]`.
///
/// Sums and maxima go in stages, each of which joins blocks of the axis, until one element is left.
/// What a block is depends on the extent of the axis and whether anything lies inside it, so a row
/// gives the same bits in any batch. Along a row, zeros at its end change no bit of a sum either:
/// what is attended to from a cache, whose length is a multiple of 64, is what was attended to in
/// training.
final class Reduce {
  /// Elements of a block that a work-group joins, where they lie side by side.
  private static final int ROW_BLOCK = 4096;

  /// Elements that one item joins in sequence, where they lie apart or are few.
  private static final int ITEM_BLOCK = 256;

  /// Rows that are so short have no work for a group.
  private static final int SHORT = 32;

  private Reduce() {}

  static void run(OpenClDevice device, Op.Reduction op, OpenClStorage out) {
    Shape shape = op.x().shape();
    int outer = shape.size(0, op.axis());
    int extent = shape.dim(op.axis());
    int inner = shape.size(op.axis() + 1, shape.rank());
    OpenClStorage x = OpenClStorage.of(op.x());
    switch (op) {
      case Op.Sum _ -> stages(device, "sum", x, out, op.dtype(), outer, extent, inner);
      case Op.Max _ -> stages(device, "max", x, out, op.dtype(), outer, extent, inner);
      case Op.ArgMax _ -> argMax(device, x, op.x().dtype(), out, outer, extent, inner);
    }
  }

  /// Sums along an axis.
  static void sum(
      OpenClDevice device, OpenClStorage x, OpenClStorage out, int outer, int extent, int inner) {
    stages(device, "sum", x, out, DType.F32, outer, extent, inner);
  }

  private static void stages(
      OpenClDevice device,
      String kind,
      OpenClStorage x,
      OpenClStorage out,
      DType dtype,
      int outer,
      int extent,
      int inner) {
    if (outer * inner == 0) {
      return;
    }
    if (inner == 1 && extent <= SHORT && kind.equals("sum")) {
      device
          .programs()
          .kernel("reduce", dtype, "sumShort", "GROUP=" + device.group())
          .run(Range.of(outer, device.group()), x, out, outer, extent);
      return;
    }
    boolean row = inner == 1 && extent > SHORT;
    int block = row ? ROW_BLOCK : ITEM_BLOCK;
    int blocks = Math.max(1, (extent + block - 1) / block);
    OpenClStorage to = out;
    if (blocks > 1) {
      to = device.storage(dtype, outer * blocks * inner, kind);
    }
    if (row) {
      device
          .programs()
          .kernel("reduce", dtype, kind + "Rows", "GROUP=" + device.group())
          .run(Range.groups((long) outer * blocks, device.group()), x, to, extent, block, blocks);
    } else {
      device
          .programs()
          .kernel("reduce", dtype, kind + "Items", "GROUP=" + device.group())
          .run(
              Range.of((long) outer * blocks * inner, device.group()),
              x,
              to,
              outer * blocks * inner,
              extent,
              inner,
              block,
              blocks);
    }
    if (blocks > 1) {
      stages(device, kind, to, out, dtype, outer, blocks, inner);
      to.consume();
    }
  }

  private static void argMax(
      OpenClDevice device,
      OpenClStorage x,
      DType dtype,
      OpenClStorage out,
      int outer,
      int extent,
      int inner) {
    if (outer * inner == 0) {
      return;
    }
    boolean row = inner == 1 && extent > SHORT;
    Kernel kernel =
        device
            .programs()
            .kernel("reduce", dtype, row ? "argMaxRows" : "argMaxItems", "GROUP=" + device.group());
    if (row) {
      kernel.run(Range.groups(outer, device.group()), x, out, extent);
    } else {
      kernel.run(
          Range.of((long) outer * inner, device.group()), x, out, outer * inner, extent, inner);
    }
  }

  static void cumSum(OpenClDevice device, Tensor x, int axis, OpenClStorage out) {
    Shape shape = x.shape();
    int inner = shape.size(axis + 1, shape.rank());
    int rows = shape.size(0, axis) * inner;
    if (x.size() > 0) {
      device
          .programs()
          .kernel("reduce", x.dtype(), "cumSum", "GROUP=" + device.group())
          .run(Range.of(rows, device.group()), x, out, rows, shape.dim(axis), inner);
    }
  }
}
