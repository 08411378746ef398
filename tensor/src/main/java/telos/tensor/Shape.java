package telos.tensor;

import java.util.Arrays;

/// The extents of a dense row-major array, outermost axis first. Rank 0 is a scalar; an extent of
/// zero is legal and means no elements.
public final class Shape {
  public static final Shape SCALAR = new Shape(new int[0]);

  private final int[] dims;
  private final int size;

  private Shape(int[] dims) {
    long product = 1;
    for (int dim : dims) {
      if (dim < 0) {
        throw new IllegalArgumentException(
            "shape " + Arrays.toString(dims) + " has a negative extent");
      }
      product = Math.multiplyExact(product, (long) dim);
      if (product > Integer.MAX_VALUE) {
        throw new IllegalArgumentException(
            "shape "
                + Arrays.toString(dims)
                + " holds more than 2^31 - 1 elements, the most one tensor can hold");
      }
    }
    this.dims = dims;
    this.size = (int) product;
  }

  static Shape of(int rows, int columns) {
    return new Shape(new int[] {rows, columns});
  }

  public static Shape of(int... dims) {
    return dims.length == 0 ? SCALAR : new Shape(dims.clone());
  }

  public int rank() {
    return dims.length;
  }

  /// Extent of an axis; negative axes count from the end.
  public int dim(int axis) {
    return dims[axis(axis)];
  }

  /// Number of elements.
  public int size() {
    return size;
  }

  /// The extents, a fresh array.
  public int[] dims() {
    return dims.clone();
  }

  /// Normalises an axis: negative ones count from the end.
  public int axis(int axis) {
    int normal = axis < 0 ? axis + dims.length : axis;
    if (normal < 0 || normal >= dims.length) {
      throw new IllegalArgumentException(
          "axis " + axis + " does not exist in shape " + this + " of rank " + dims.length);
    }
    return normal;
  }

  /// Product of the extents in `[from, to)`.
  public int size(int from, int to) {
    int product = 1;
    for (int i = from; i < to; i++) {
      product *= dims[i];
    }
    return product;
  }

  /// This shape with one extent replaced.
  public Shape with(int axis, int extent) {
    int[] copy = dims.clone();
    copy[axis(axis)] = extent;
    return new Shape(copy);
  }

  /// This shape without one axis.
  public Shape without(int axis) {
    int gone = axis(axis);
    int[] copy = new int[dims.length - 1];
    System.arraycopy(dims, 0, copy, 0, gone);
    System.arraycopy(dims, gone + 1, copy, gone, copy.length - gone);
    return new Shape(copy);
  }

  /// This shape with an axis inserted before `position` (0 to rank).
  public Shape insert(int position, int extent) {
    if (position < 0 || position > dims.length) {
      throw new IllegalArgumentException(
          "shape "
              + this
              + " has no place "
              + position
              + " for an axis; 0 to "
              + dims.length
              + " fit");
    }
    int[] copy = new int[dims.length + 1];
    System.arraycopy(dims, 0, copy, 0, position);
    copy[position] = extent;
    System.arraycopy(dims, position, copy, position + 1, dims.length - position);
    return new Shape(copy);
  }

  /// The axes `[from, to)` as a shape of their own.
  public Shape slice(int from, int to) {
    return new Shape(Arrays.copyOfRange(dims, from, to));
  }

  /// The axes of this shape followed by those of `other`.
  public Shape concat(Shape other) {
    int[] copy = Arrays.copyOf(dims, dims.length + other.dims.length);
    System.arraycopy(other.dims, 0, copy, dims.length, other.dims.length);
    return new Shape(copy);
  }

  /// Row-major strides in elements.
  public int[] strides() {
    int[] strides = new int[dims.length];
    int step = 1;
    for (int i = dims.length - 1; i >= 0; i--) {
      strides[i] = step;
      step *= dims[i];
    }
    return strides;
  }

  @Override
  public boolean equals(Object other) {
    return this == other || other instanceof Shape shape && Arrays.equals(dims, shape.dims);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(dims);
  }

  @Override
  public String toString() {
    return Arrays.toString(dims);
  }
}
