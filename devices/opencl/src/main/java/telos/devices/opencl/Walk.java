package telos.devices.opencl;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import telos.tensor.Shape;

/// The elements of a shape in order, and where several arrays have theirs: each array's position is
/// an offset plus the coordinates times its strides. Axes that all arrays pass in one stride are
/// joined, and generated text finds the coordinates of an item.
final class Walk {
  /// Items in a row from which groups stay within one row: then only groups divide.
  private static final int WIDE = 64;

  /// A walk along several arrays.
  ///
  /// @param strides of each array, one for each axis of the shape
  static Walk of(Shape shape, List<int[]> strides) {
    List<Integer> dims = new ArrayList<>();
    List<List<Integer>> steps = new ArrayList<>();
    strides.forEach(_ -> steps.add(new ArrayList<>()));
    for (int axis = 0; axis < shape.rank(); axis++) {
      int extent = shape.dim(axis);
      if (extent != 1) {
        join(dims, steps, strides, axis, extent);
      }
    }
    return new Walk(ints(dims), steps.stream().map(Walk::ints).toList(), Math.max(0, shape.size()));
  }

  private static void join(
      List<Integer> dims, List<List<Integer>> steps, List<int[]> strides, int axis, int extent) {
    int last = dims.size() - 1;
    boolean joins = last >= 0;
    for (int k = 0; joins && k < strides.size(); k++) {
      joins = steps.get(k).get(last) == strides.get(k)[axis] * extent;
    }
    if (joins) {
      dims.set(last, dims.get(last) * extent);
    } else {
      dims.add(extent);
    }
    for (int k = 0; k < strides.size(); k++) {
      if (joins) {
        steps.get(k).set(last, strides.get(k)[axis]);
      } else {
        steps.get(k).add(strides.get(k)[axis]);
      }
    }
  }

  private static int[] ints(List<Integer> list) {
    return list.stream().mapToInt(Integer::intValue).toArray();
  }

  private final int[] dims;
  private final List<int[]> strides;
  private final int size;

  private Walk(int[] dims, List<int[]> strides, int size) {
    this.dims = dims;
    this.strides = strides;
    this.size = size;
  }

  /// The strides of a dense operand that is broadcast to a shape.
  static int[] broadcast(Shape operand, Shape shape) {
    int[] own = operand.strides();
    int[] strides = new int[shape.rank()];
    int shift = strides.length - own.length;
    for (int i = 0; i < own.length; i++) {
      strides[shift + i] = operand.dim(i) == 1 ? 0 : own[i];
    }
    return strides;
  }

  private boolean wide() {
    return dims.length > 1 && dims[dims.length - 1] >= WIDE;
  }

  /// The items that visit every element.
  Range range(int group) {
    if (!wide()) {
      return Range.of(size, group);
    }
    int row = dims[dims.length - 1];
    return Range.groups((long) (size / row) * ((row + group - 1) / group), group);
  }

  /// Writes the beginning of a kernel: the element `i` of an item and its coordinates `c0, c1,
  /// ...`.
  void begin(KernelText text) {
    int last = dims.length - 1;
    if (last < 0) {
      text.line("const int i = get_global_id(0);");
      text.line("if (i >= 1) return;");
      return;
    }
    for (int axis = 0; axis <= last; axis++) {
      text.parameter("const int d" + axis, dims[axis]);
    }
    if (wide()) {
      text.line("const int g = get_group_id(0);");
      text.line("const int w = (d" + last + " - 1) / (int) get_local_size(0) + 1;");
      text.line("int t = g / w;");
      text.line(
          "const int c"
              + last
              + " = (g - t * w) * (int) get_local_size(0) + (int) get_local_id(0);");
      text.line("if (c" + last + " >= d" + last + ") return;");
      text.line("const int i = t * d" + last + " + c" + last + ";");
      divide(text, last - 1);
    } else {
      text.parameter("const int n", size);
      text.line("const int i = get_global_id(0);");
      text.line("if (i >= n) return;");
      text.line("int t = i;");
      divide(text, last);
    }
  }

  /// Takes `t` apart into the coordinates up to axis `last`.
  private static void divide(KernelText text, int last) {
    for (int axis = last; axis > 0; axis--) {
      text.line("const int c" + axis + " = t % d" + axis + ";");
      text.line("t /= d" + axis + ";");
    }
    text.line("const int c0 = t;");
  }

  /// The position of array `k`, as an expression. Strides 0 and 1 are part of the text, the others
  /// are parameters.
  String position(KernelText text, int k, String prefix) {
    int[] steps = strides.get(k);
    List<String> terms = new ArrayList<>();
    for (int axis = 0; axis < steps.length; axis++) {
      if (steps[axis] == 1) {
        terms.add("c" + axis);
      } else if (steps[axis] != 0) {
        String name = prefix + "_" + axis;
        text.parameter("const int " + name, steps[axis]);
        terms.add("c" + axis + " * " + name);
      }
    }
    return terms.isEmpty() ? "0" : String.join(" + ", terms);
  }

  @Override
  public String toString() {
    return Arrays.toString(dims);
  }
}
