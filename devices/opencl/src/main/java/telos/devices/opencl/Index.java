package telos.devices.opencl;

import telos.tensor.DType;
import telos.tensor.Op;
import telos.tensor.Shape;

/// Gather and scatter-add along one axis of `[outer, extent, inner]`.
final class Index {
  /// Bits of a digit in [#sorted].
  private static final int DIGIT = 4;

  private Index() {}

  static void gather(OpenClDevice device, Op.Gather op, OpenClStorage out) {
    Shape shape = op.x().shape();
    int picks = op.index().size();
    int inner = shape.size(op.axis() + 1, shape.rank());
    int extent = shape.dim(op.axis());
    int size = shape.size(0, op.axis()) * picks * inner;
    if (size > 0) {
      int error = device.faults().expectIndex(op.name(), extent);
      device
          .programs()
          .kernel("index", Types.carrier(op.dtype()), "gather")
          .run(
              Range.of(size, device.group()),
              op.x(),
              op.index(),
              out,
              size,
              picks,
              extent,
              inner,
              device.faults().flag(),
              error);
    }
  }

  /// Each destination adds its sources in increasing position: the positions are sorted by
  /// destination first, so no two items ever add to one element.
  static void scatterAdd(OpenClDevice device, Op.ScatterAdd op, Shape result, OpenClStorage out) {
    int picks = op.index().size();
    int inner = result.size(op.axis() + 1, result.rank());
    if (result.size() == 0) {
      return;
    }
    Sorted sorted = sorted(device, OpenClStorage.of(op.index()), picks, op.size());
    device
        .programs()
        .kernel("index", op.dtype(), "scatter")
        .run(
            Range.of(result.size(), device.group()),
            op.source(),
            sorted.order,
            sorted.starts,
            out,
            result.size(),
            picks,
            op.size(),
            inner);
    sorted.free();
  }

  /// @param order positions in the index by destination, then increasing
  /// @param starts where those of each destination begin in the order, and the end
  private record Sorted(OpenClStorage order, OpenClStorage starts) {
    void free() {
      order.consume();
      starts.consume();
    }
  }

  /// A stable radix sort by digits of [#DIGIT] bits: items count the digits of their own stretch, a
  /// running sum gives each its places, and each moves its stretch in order.
  private static Sorted sorted(OpenClDevice device, OpenClStorage index, int picks, int size) {
    int items = Math.clamp((picks + 31) / 32, 1, 1024);
    int stretch = Math.max(1, (picks + items - 1) / items);
    int group = device.group();
    Programs programs = device.programs();
    OpenClStorage keys = ints(device, picks);
    OpenClStorage order = ints(device, picks);
    int error = device.faults().expectIndex("scatterAdd", size);
    programs
        .kernel("index", DType.I32, "begin")
        .run(
            Range.of(picks, group), index, keys, order, picks, size, device.faults().flag(), error);
    OpenClStorage counts = ints(device, items << DIGIT);
    int bits = Integer.SIZE - Integer.numberOfLeadingZeros(size);
    for (int shift = 0; shift < bits; shift += DIGIT) {
      OpenClStorage nextKeys = ints(device, picks);
      OpenClStorage nextOrder = ints(device, picks);
      programs
          .kernel("index", DType.I32, "count")
          .run(Range.of(items, group), keys, counts, picks, items, stretch, shift);
      programs
          .kernel("index", DType.I32, "places")
          .run(Range.groups(1, group), counts, items << DIGIT, new Queue.Local(4L * group));
      programs
          .kernel("index", DType.I32, "move")
          .run(
              Range.of(items, group),
              keys,
              order,
              counts,
              nextKeys,
              nextOrder,
              picks,
              items,
              stretch,
              shift);
      keys.consume();
      order.consume();
      keys = nextKeys;
      order = nextOrder;
    }
    OpenClStorage starts = ints(device, size + 1);
    programs
        .kernel("index", DType.I32, "starts")
        .run(Range.of(size + 1L, group), keys, starts, picks, size);
    keys.consume();
    counts.consume();
    return new Sorted(order, starts);
  }

  private static OpenClStorage ints(OpenClDevice device, int size) {
    return device.storage(DType.I32, size, "order of scatterAdd");
  }
}
