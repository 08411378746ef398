package telos.rl.vector;

import java.util.Arrays;
import telos.rl.environment.Space;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// Elements of a space as rows of one flat array: what lies between environments, which speak of
/// single elements, and policies, which speak of batches.
///
/// @param <T> elements
sealed interface Rows<T> {
  /// Rows of a space.
  ///
  /// @throws IllegalArgumentException for spaces that are neither a box nor discrete, once or
  ///   several times
  @SuppressWarnings("unchecked")
  static <T> Rows<T> of(Space<T> space, int count) {
    return switch ((Space<?>) space) {
      case Space.Box box -> (Rows<T>) new Numbers(box, new float[count * box.size()]);
      case Space.Discrete discrete -> (Rows<T>) new Indices(discrete, new int[count]);
      case Space.MultiDiscrete several ->
          (Rows<T>) new Several(several, new int[count * several.n().length]);
      default ->
          throw new IllegalArgumentException(
              "vector environment: " + space + " has no rows; flatten it to a box first");
    };
  }

  /// Overwrites a row.
  void put(int row, T element);

  /// Overwrites all rows with those of a tensor `[N, ...]`.
  void put(Tensor tensor);

  /// The element in a row.
  T element(int row);

  /// All rows, `[N, ...]`.
  Tensor tensor();

  /// Rows of the same content, apart from these.
  Rows<T> copy();

  /// F32 `[N, ...]` of a box.
  record Numbers(Space.Box space, float[] values) implements Rows<float[]> {
    @Override
    public void put(int row, float[] element) {
      int width = space.size();
      if (element.length != width) {
        throw new IllegalArgumentException(
            "observation: " + element.length + " numbers instead of " + width);
      }
      for (int i = 0; i < width; i++) {
        if (!Float.isFinite(element[i])) {
          throw new IllegalArgumentException("observation: number " + i + " is " + element[i]);
        }
        values[row * width + i] = element[i];
      }
    }

    @Override
    public void put(Tensor tensor) {
      requireShape(tensor, shape());
      float[] from = tensor.toFloats();
      System.arraycopy(from, 0, values, 0, values.length);
    }

    /// The point of the box that is nearest.
    @Override
    public float[] element(int row) {
      int width = space.size();
      float[] element = new float[width];
      for (int i = 0; i < width; i++) {
        float value = values[row * width + i];
        if (Float.isNaN(value)) {
          throw new IllegalArgumentException("action: number " + i + " of row " + row + " is NaN");
        }
        element[i] = Math.clamp(value, space.low()[i], space.high()[i]);
      }
      return element;
    }

    @Override
    public Tensor tensor() {
      return Tensor.of(values, shape().dims());
    }

    private Shape shape() {
      int width = space.size();
      int[] dims = space.shape().stream().mapToInt(Integer::intValue).toArray();
      return Shape.of(dims).insert(0, width == 0 ? 0 : values.length / width);
    }

    @Override
    public Rows<float[]> copy() {
      return new Numbers(space, values.clone());
    }
  }

  /// I32 `[N]`, counted from zero.
  record Indices(Space.Discrete space, int[] values) implements Rows<Integer> {
    @Override
    public void put(int row, Integer element) {
      values[row] = space.require("observation", element) - space.start();
    }

    @Override
    public void put(Tensor tensor) {
      requireShape(tensor, Shape.of(values.length));
      System.arraycopy(tensor.toInts(), 0, values, 0, values.length);
    }

    @Override
    public Integer element(int row) {
      return values[row] + space.start();
    }

    @Override
    public Tensor tensor() {
      return Tensor.of(values, Shape.of(values.length));
    }

    @Override
    public Rows<Integer> copy() {
      return new Indices(space, values.clone());
    }

    @Override
    public String toString() {
      return Arrays.toString(values);
    }
  }

  /// I32 `[N, K]`, counted from zero.
  record Several(Space.MultiDiscrete space, int[] values) implements Rows<int[]> {
    private int width() {
      return space.n().length;
    }

    @Override
    public void put(int row, int[] element) {
      space.require("observation", element);
      for (int k = 0; k < width(); k++) {
        values[row * width() + k] = element[k] - space.start()[k];
      }
    }

    @Override
    public void put(Tensor tensor) {
      requireShape(tensor, shape());
      System.arraycopy(tensor.toInts(), 0, values, 0, values.length);
    }

    @Override
    public int[] element(int row) {
      int[] element = new int[width()];
      Arrays.setAll(element, k -> values[row * width() + k] + space.start()[k]);
      return element;
    }

    @Override
    public Tensor tensor() {
      return Tensor.of(values, shape());
    }

    private Shape shape() {
      return Shape.of(width() == 0 ? 0 : values.length / width(), width());
    }

    @Override
    public Rows<int[]> copy() {
      return new Several(space, values.clone());
    }
  }

  private static void requireShape(Tensor tensor, Shape shape) {
    if (!tensor.shape().equals(shape)) {
      throw new IllegalArgumentException("rows " + tensor.shape() + " instead of " + shape);
    }
  }
}
