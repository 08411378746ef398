package telos.devices.opencl;

import java.util.List;
import telos.tensor.DType;
import telos.tensor.Op;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// Operations that move elements: copies from a strided view to a strided view, of any dtype.
final class Movement {
  /// Where elements lie in an array: the coordinates times the strides, from an offset on.
  private record View(OpenClStorage storage, int offset, int[] strides) {}

  private Movement() {}

  static void run(OpenClDevice device, Op.Movement op, Shape result, OpenClStorage out) {
    Shape from = op.x().shape();
    int[] strides = from.strides();
    OpenClStorage x = OpenClStorage.of(op.x());
    View whole = new View(out, 0, result.strides());
    switch (op) {
      case Op.Reshape _ -> throw new IllegalArgumentException("reshape copies nothing");
      case Op.Expand _ ->
          copy(device, new View(x, 0, Walk.broadcast(from, result)), whole, result, op.dtype());
      case Op.Permute(_, int[] order) -> {
        int[] moved = new int[order.length];
        for (int i = 0; i < order.length; i++) {
          moved[i] = strides[order[i]];
        }
        copy(device, new View(x, 0, moved), whole, result, op.dtype());
      }
      case Op.Slice(_, int[] start, _, int[] step) -> {
        int offset = offset(start, strides);
        for (int i = 0; i < step.length; i++) {
          strides[i] *= step[i];
        }
        copy(device, new View(x, offset, strides), whole, result, op.dtype());
      }
      case Op.Flip(_, boolean[] axes) -> {
        int offset = 0;
        for (int i = 0; i < axes.length; i++) {
          offset += axes[i] ? (from.dim(i) - 1) * strides[i] : 0;
          strides[i] = axes[i] ? -strides[i] : strides[i];
        }
        copy(device, new View(x, offset, strides), whole, result, op.dtype());
      }
      case Op.Pad(_, int[] before, _) -> {
        device.clear(out);
        int[] wide = result.strides();
        copy(
            device,
            new View(x, 0, strides),
            new View(out, offset(before, wide), wide),
            from,
            op.dtype());
      }
    }
  }

  private static int offset(int[] start, int[] strides) {
    int offset = 0;
    for (int i = 0; i < start.length; i++) {
      offset += start[i] * strides[i];
    }
    return offset;
  }

  static void concat(
      OpenClDevice device, List<Tensor> parts, int axis, Shape result, OpenClStorage out) {
    int[] strides = result.strides();
    int start = 0;
    for (Tensor part : parts) {
      View from = new View(OpenClStorage.of(part), 0, part.shape().strides());
      View to = new View(out, start * strides[axis], strides);
      copy(device, from, to, part.shape(), part.dtype());
      start += part.dim(axis);
    }
  }

  /// Elements of a shape, by bytes and not by value.
  private static void copy(OpenClDevice device, View from, View to, Shape shape, DType dtype) {
    if (shape.size() == 0) {
      return;
    }
    var text = new KernelText();
    Walk walk = Walk.of(shape, List.of(from.strides, to.strides));
    String carrier = Types.name(Types.carrier(dtype));
    text.parameter("global const " + carrier + " *x", from.storage);
    text.parameter("global " + carrier + " *y", to.storage);
    text.parameter("const int from", from.offset);
    text.parameter("const int to", to.offset);
    walk.begin(text);
    String source = walk.position(text, 0, "s");
    String target = walk.position(text, 1, "t");
    text.line("y[to + %s] = x[from + %s];".formatted(target, source));
    text.run(device.programs(), walk.range(device.group()));
  }
}
