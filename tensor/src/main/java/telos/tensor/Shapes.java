package telos.tensor;

import java.util.Arrays;
import java.util.List;

/// Shape inference: what an operation yields for its inputs, or a sentence that says why it cannot.
final class Shapes {
  private Shapes() {}

  /// The broadcasting law. Equal ranks: size-1 axes stretch. Lower rank: only scalars, and rank 1
  /// whose length equals the other's last axis.
  static Shape broadcast(String op, Shape a, Shape b) {
    if (a.equals(b) || b.rank() == 0) {
      return a;
    }
    if (a.rank() == 0 || fitsLastAxis(a, b)) {
      return b;
    }
    if (fitsLastAxis(b, a)) {
      return a;
    }
    if (a.rank() != b.rank()) {
      throw mismatch(op, a, b);
    }
    int[] dims = new int[a.rank()];
    for (int i = 0; i < dims.length; i++) {
      int p = a.dim(i);
      int q = b.dim(i);
      if (p != q && p != 1 && q != 1) {
        throw mismatch(op, a, b);
      }
      dims[i] = p == 1 ? q : p;
    }
    return Shape.of(dims);
  }

  private static boolean fitsLastAxis(Shape vector, Shape other) {
    return vector.rank() == 1 && other.rank() > 1 && vector.dim(0) == other.dim(-1);
  }

  private static IllegalArgumentException mismatch(String op, Shape a, Shape b) {
    return new IllegalArgumentException(
        op
            + ": shapes "
            + a
            + " and "
            + b
            + " do not broadcast; equal ranks fit where extents are equal or 1, a scalar fits"
            + " anything, and a vector fits a last axis of its own length");
  }

  static Shape expand(Shape from, Shape to) {
    boolean fits = from.rank() == to.rank();
    for (int i = 0; fits && i < from.rank(); i++) {
      fits = from.dim(i) == to.dim(i) || from.dim(i) == 1;
    }
    if (!fits) {
      throw refused(
          "expand", from + " does not expand to " + to + "; only axes of extent 1 stretch");
    }
    return to;
  }

  static Shape matMul(Shape a, Shape b, boolean transposeA, boolean transposeB) {
    if (a.rank() < 2 || b.rank() < 2) {
      throw refused("matmul", "needs matrices or stacks of matrices, got " + a + " and " + b);
    }
    int m = a.dim(transposeA ? -1 : -2);
    int k = a.dim(transposeA ? -2 : -1);
    int inner = b.dim(transposeB ? -1 : -2);
    int n = b.dim(transposeB ? -2 : -1);
    if (k == inner && a.rank() == 2 && b.rank() == 2) {
      return Shape.of(m, n);
    }
    Shape leading = a.slice(0, a.rank() - 2);
    Shape other = b.slice(0, b.rank() - 2);
    int[] batch = other.rank() == 0 ? leading.dims() : stretch(leading, other);
    if (k != inner || batch == null) {
      throw new IllegalArgumentException(
          "matmul: "
              + a
              + (transposeA ? " transposed" : "")
              + " and "
              + b
              + (transposeB ? " transposed" : "")
              + " do not fit; the inner extents "
              + k
              + " and "
              + inner
              + " must be equal, and leading axes equal or 1 at equal rank (a rank-2 right operand"
              + " applies to all)");
    }
    return Shape.of(batch).concat(Shape.of(m, n));
  }

  /// Size-1 stretching at equal rank; null where it does not fit.
  private static int @org.jspecify.annotations.Nullable [] stretch(Shape a, Shape b) {
    if (a.rank() != b.rank()) {
      return null;
    }
    int[] dims = new int[a.rank()];
    for (int i = 0; i < dims.length; i++) {
      int p = a.dim(i);
      int q = b.dim(i);
      if (p != q && p != 1 && q != 1) {
        return null;
      }
      dims[i] = p == 1 ? q : p;
    }
    return dims;
  }

  static Shape conv2d(Shape x, Shape w, int stride, int padding) {
    if (x.rank() != 4 || w.rank() != 4 || x.dim(1) != w.dim(1)) {
      throw refused(
          "conv2d",
          "needs input [B, C, H, W] and weights [O, C, kh, kw] with equal C, got "
              + x
              + " and "
              + w);
    }
    if (stride < 1 || padding < 0) {
      throw refused("conv2d", "stride " + stride + ", padding " + padding);
    }
    int height = x.dim(2) + 2 * padding - w.dim(2);
    int width = x.dim(3) + 2 * padding - w.dim(3);
    if (height < 0 || width < 0) {
      throw refused("conv2d", "kernel " + w + " is larger than padded " + x);
    }
    return Shape.of(x.dim(0), w.dim(0), height / stride + 1, width / stride + 1);
  }

  static Shape permute(Shape x, int[] order) {
    int[] dims = new int[order.length];
    int seen = 0;
    boolean fits = order.length == x.rank();
    for (int i = 0; fits && i < order.length; i++) {
      fits = order[i] >= 0 && order[i] < order.length && (seen >> order[i] & 1) == 0;
      if (fits) {
        seen |= 1 << order[i];
        dims[i] = x.dim(order[i]);
      }
    }
    if (!fits) {
      throw refused("permute", Arrays.toString(order) + " is no order of the axes of " + x);
    }
    return Shape.of(dims);
  }

  static Shape pad(Shape x, int[] before, int[] after) {
    boolean fits = before.length == x.rank() && after.length == x.rank();
    int[] dims = x.dims();
    for (int i = 0; fits && i < dims.length; i++) {
      fits = before[i] >= 0 && after[i] >= 0;
      dims[i] += before[i] + after[i];
    }
    if (!fits) {
      throw refused(
          "pad",
          x
              + " by "
              + Arrays.toString(before)
              + " and "
              + Arrays.toString(after)
              + "; one non-negative count an axis fits");
    }
    return Shape.of(dims);
  }

  static Shape slice(Shape x, int[] start, int[] stop, int[] step) {
    boolean fits = start.length == x.rank() && stop.length == x.rank() && step.length == x.rank();
    int[] dims = new int[x.rank()];
    for (int i = 0; fits && i < dims.length; i++) {
      fits = start[i] >= 0 && start[i] <= stop[i] && stop[i] <= x.dim(i) && step[i] >= 1;
      dims[i] = fits ? (stop[i] - start[i] + step[i] - 1) / step[i] : 0;
    }
    if (!fits) {
      throw refused(
          "slice",
          Arrays.toString(start)
              + " to "
              + Arrays.toString(stop)
              + " step "
              + Arrays.toString(step)
              + " lies not within "
              + x);
    }
    return Shape.of(dims);
  }

  static Shape concat(List<Tensor> parts, int axis) {
    require(!parts.isEmpty(), "concat", "needs at least one tensor");
    Shape first = parts.getFirst().shape();
    int total = 0;
    for (Tensor part : parts) {
      Shape shape = part.shape();
      boolean fits =
          shape.rank() == first.rank() && shape.with(axis, 0).equals(first.with(axis, 0));
      if (!fits) {
        throw refused("concat", first + " and " + shape + " differ off axis " + axis);
      }
      total += shape.dim(axis);
    }
    return first.with(axis, total);
  }

  static Shape gather(Shape x, Shape index, int axis) {
    int at = x.axis(axis);
    return x.slice(0, at).concat(index).concat(x.slice(at + 1, x.rank()));
  }

  static Shape scatter(Shape source, Shape index, int axis, int size) {
    boolean fits =
        axis >= 0
            && axis + index.rank() <= source.rank()
            && source.slice(axis, axis + index.rank()).equals(index);
    if (!fits) {
      throw refused(
          "scatterAdd",
          "source " + source + " does not carry the index axes " + index + " from axis " + axis);
    }
    return source
        .slice(0, axis)
        .concat(Shape.of(size))
        .concat(source.slice(axis + index.rank(), source.rank()));
  }

  static void require(boolean holds, String op, String message) {
    if (!holds) {
      throw refused(op, message);
    }
  }

  /// For messages that would cost time to put together where nothing is wrong.
  static IllegalArgumentException refused(String op, String message) {
    return new IllegalArgumentException(op + ": " + message);
  }
}
