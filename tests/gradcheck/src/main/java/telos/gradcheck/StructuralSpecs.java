package telos.gradcheck;

import static telos.gradcheck.Input.index;
import static telos.gradcheck.Input.integer;
import static telos.gradcheck.Input.mask;
import static telos.gradcheck.Input.signed;

import java.util.List;
import java.util.function.UnaryOperator;
import telos.gradcheck.OpSpec.Accuracy;
import telos.tensor.Op;
import telos.tensor.Tensor;

/// Rows of reductions, products, movement and indexing.
final class StructuralSpecs {
  private StructuralSpecs() {}

  static void addTo(List<OpSpec> rows) {
    reductions(rows);
    products(rows);
    convolutions(rows);
    movement(rows);
    indexing(rows);
  }

  private static OpSpec row(
      Class<? extends Op> op, String label, UnaryOperator<Tensor> function, Input input) {
    boolean sums = op == Op.Sum.class || op == Op.CumSum.class;
    Accuracy accuracy = sums && input.isFloat() ? Accuracy.SUMMED : Accuracy.EXACT;
    return OpSpec.of(op, label, accuracy, in -> function.apply(in.getFirst()), input);
  }

  // --- along one axis ---

  private static void reductions(List<OpSpec> rows) {
    for (int axis = 0; axis < 3; axis++) {
      along(rows, axis, signed(2, 3, 4));
      along(rows, axis, signed(3, 67, 19));
      along(rows, axis, integer(5, 7, 11));
    }
    along(rows, 0, signed(1));
    along(rows, 0, signed(4099));
    along(rows, 1, signed(3, 8211));
    along(rows, 0, signed(1300, 7));
    rows.add(row(Op.Sum.class, "of nothing", x -> x.sum(1), signed(2, 0)));
    rows.add(row(Op.CumSum.class, "of nothing", x -> x.cumSum(0), signed(0, 2)));
    rows.add(row(Op.Max.class, "with ties", x -> x.max(1), index(3, 7, 35)));
    rows.add(row(Op.ArgMax.class, "with ties", x -> x.argMax(1), index(3, 7, 35)));
  }

  private static void along(List<OpSpec> rows, int axis, Input input) {
    String label = "along axis " + axis;
    rows.add(row(Op.Sum.class, label, x -> x.sum(axis), input));
    rows.add(row(Op.Max.class, label, x -> x.max(axis), input));
    rows.add(row(Op.ArgMax.class, label, x -> x.argMax(axis), input));
    rows.add(row(Op.CumSum.class, label, x -> x.cumSum(axis), input));
  }

  // --- products ---

  /// Leading axes of both operands, rows, inner and columns.
  private static final int[][][] MATRICES = {
    {{}, {}, {2, 3, 4}},
    {{}, {}, {1, 1, 1}},
    {{2}, {2}, {2, 3, 2}},
    {{2}, {}, {2, 3, 2}},
    {{2}, {1}, {2, 3, 2}},
    {{1}, {2}, {2, 3, 2}},
    {{2, 1}, {1, 2}, {1, 2, 2}},
    {{}, {}, {2, 0, 3}},
    {{}, {}, {67, 300, 45}},
    {{}, {}, {1, 517, 130}},
    {{5}, {5}, {17, 33, 29}},
    {{3}, {}, {31, 64, 65}}
  };

  private static void products(List<OpSpec> rows) {
    for (int[][] matrix : MATRICES) {
      for (int flags = 0; flags < 4; flags++) {
        boolean left = (flags & 1) != 0;
        boolean right = (flags & 2) != 0;
        int[] size = matrix[2];
        Input a = stacked(matrix[0], size[left ? 1 : 0], size[left ? 0 : 1]);
        Input b = stacked(matrix[1], size[right ? 2 : 1], size[right ? 1 : 2]);
        String label = (left ? "A^T" : "A") + (right ? " B^T" : " B");
        rows.add(
            OpSpec.of(
                Op.MatMul.class,
                label,
                Accuracy.SUMMED,
                in -> in.get(0).matMul(in.get(1), left, right),
                a,
                b));
      }
    }
  }

  private static Input stacked(int[] leading, int rows, int columns) {
    int[] dims = java.util.Arrays.copyOf(leading, leading.length + 2);
    dims[leading.length] = rows;
    dims[leading.length + 1] = columns;
    return signed(dims);
  }

  private static void convolutions(List<OpSpec> rows) {
    for (int stride = 1; stride <= 3; stride++) {
      for (int padding = 0; padding <= 3; padding++) {
        convolution(rows, stride, padding, signed(1, 2, 5, 4), signed(2, 2, 3, 2));
      }
    }
    convolution(rows, 1, 1, signed(3, 5, 13, 11), signed(7, 5, 3, 3));
    convolution(rows, 2, 2, signed(2, 3, 17, 16), signed(4, 3, 5, 4));
  }

  private static void convolution(List<OpSpec> rows, int stride, int padding, Input x, Input w) {
    rows.add(
        OpSpec.of(
            Op.Conv2d.class,
            "stride " + stride + " padding " + padding,
            Accuracy.SUMMED,
            in -> in.get(0).conv2d(in.get(1), stride, padding),
            x,
            w));
  }

  // --- movement ---

  private static void movement(List<OpSpec> rows) {
    for (Input x : List.of(signed(2, 3, 4), signed(6, 35, 12), integer(2, 3, 4), mask(2, 3, 4))) {
      int a = x.shape().dim(0);
      int b = x.shape().dim(1);
      int c = x.shape().dim(2);
      rows.add(row(Op.Reshape.class, "", t -> t.reshape(b, a * c), x));
      rows.add(row(Op.Permute.class, "(2, 0, 1)", t -> t.permute(2, 0, 1), x));
      rows.add(row(Op.Permute.class, "(0, 2, 1)", t -> t.permute(0, 2, 1), x));
      rows.add(row(Op.Permute.class, "(1, 0, 2)", t -> t.permute(1, 0, 2), x));
      rows.add(row(Op.Pad.class, "", t -> t.pad(new int[] {1, 0, 2}, new int[] {0, 3, 1}), x));
      rows.add(row(Op.Slice.class, "one axis", t -> t.slice(1, 1, 3), x));
      rows.add(row(Op.Slice.class, "nothing", t -> t.slice(2, 1, 1), x));
      rows.add(
          row(
              Op.Slice.class,
              "steps",
              t -> t.slice(new int[] {1, 0, 1}, new int[] {a, b, c}, new int[] {1, 2, 3}),
              x));
      rows.add(row(Op.Flip.class, "", t -> t.flip(0, 2), x));
      rows.add(row(Op.Concat.class, "with itself", t -> Tensor.concat(1, List.of(t, t)), x));
    }
    for (Input x : List.of(signed(2, 1, 3), signed(1, 1, 1), signed(37, 1, 19), mask(2, 1, 3))) {
      int a = x.shape().dim(0);
      int c = x.shape().dim(2);
      rows.add(row(Op.Expand.class, "", t -> t.expand(a, 5, c), x));
    }
    for (int axis = 0; axis < 2; axis++) {
      int at = axis;
      rows.add(
          OpSpec.of(
              Op.Concat.class,
              "axis " + axis,
              Accuracy.EXACT,
              in -> Tensor.concat(at, in),
              axis == 0 ? signed(2, 3) : signed(4, 1),
              axis == 0 ? signed(0, 3) : signed(4, 35),
              axis == 0 ? signed(5, 3) : signed(4, 3)));
    }
  }

  // --- index ---

  private static void indexing(List<OpSpec> rows) {
    for (int axis = 0; axis < 3; axis++) {
      int at = axis;
      int[] small = {3, 3, 3};
      small[axis] = 4;
      int[] large = {7, 11, 13};
      large[axis] = 29;
      gather(rows, at, signed(small), index(4, 2, 3));
      gather(rows, at, signed(large), index(29, 50));
      gather(rows, at, signed(small), index(4));
      scatter(rows, at, 4, axis);
    }
    gather(rows, 0, signed(5), index(5, 3));
    gather(rows, 0, signed(300, 64), index(300, 17, 5));
    gather(rows, 0, integer(9, 2), index(9, 4));
    scatter(rows, 0, 3, signed(200, 33), index(3, 200));
    scatter(rows, 0, 50, signed(4, 16, 8), index(50, 4, 16));
  }

  private static void gather(List<OpSpec> rows, int axis, Input x, Input index) {
    rows.add(
        OpSpec.of(
            Op.Gather.class,
            "axis " + axis,
            Accuracy.EXACT,
            in -> in.get(0).gather(axis, in.get(1)),
            x,
            index));
  }

  /// The axis of the source carries the index; the others have extents 2 and 3.
  private static void scatter(List<OpSpec> rows, int axis, int size, int position) {
    int[] dims = {2, 3, 2};
    dims[position] = 5;
    scatter(rows, axis, size, signed(dims), index(size, 5));
  }

  private static void scatter(List<OpSpec> rows, int axis, int size, Input source, Input index) {
    rows.add(
        OpSpec.of(
            Op.ScatterAdd.class,
            "axis " + axis + " size " + size,
            Accuracy.SUMMED,
            in -> in.get(0).scatterAdd(axis, in.get(1), size),
            source,
            index));
  }
}
