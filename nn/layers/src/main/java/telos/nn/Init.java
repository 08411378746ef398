package telos.nn;

import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// Draws the first value of a parameter. Weights are `[..., in, out]`: the fan-in is the extent
/// before the last, the fan-out the last.
@FunctionalInterface
public interface Init {
  Tensor draw(Rng key, int... dims);

  /// Zeros, whatever the key.
  static Init zeros() {
    return (_, dims) -> Tensor.zeros(dims);
  }

  /// Normal with mean zero (GPT-2 uses a standard deviation of 0.02).
  static Init normal(double deviation) {
    return (key, dims) -> key.normal(Shape.of(dims)).mul(deviation);
  }

  /// Uniform on `[-limit, limit)`.
  static Init uniform(double limit) {
    return (key, dims) -> key.uniform(-limit, limit, Shape.of(dims));
  }

  /// Glorot and Bengio 2010: uniform with variance `2 gain^2 / (in + out)`.
  static Init xavierUniform(double gain) {
    return (key, dims) ->
        uniform(gain * Math.sqrt(6.0 / (fanIn(dims) + fanOut(dims)))).draw(key, dims);
  }

  /// He et al. 2015, for ReLU: normal with variance `2 / in`.
  static Init kaimingNormal() {
    return (key, dims) -> normal(Math.sqrt(2.0 / fanIn(dims))).draw(key, dims);
  }

  /// He et al. 2015, for ReLU: uniform with variance `2 / in`.
  static Init kaimingUniform() {
    return (key, dims) -> uniform(Math.sqrt(6.0 / fanIn(dims))).draw(key, dims);
  }

  /// Saxe et al. 2014: rows or columns, whichever are fewer, are orthogonal and of length `gain`.
  /// Matrices only.
  static Init orthogonal(double gain) {
    return (key, dims) -> {
      if (dims.length != 2) {
        throw new IllegalArgumentException(
            "orthogonal: draws matrices, not shape " + Shape.of(dims));
      }
      boolean wide = dims[0] <= dims[1];
      int rows = Math.min(dims[0], dims[1]);
      int columns = Math.max(dims[0], dims[1]);
      Tensor basis =
          Tensor.of(orthonormal(key.normal(Shape.of(rows, columns)), rows, columns), rows, columns);
      return (wide ? basis : basis.transpose(0, 1)).mul(gain);
    };
  }

  private static float[] orthonormal(Tensor normals, int rows, int columns) {
    double[] values = normals.toDoubles();
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < i; j++) {
        add(
            values,
            i * columns,
            j * columns,
            -dot(values, i * columns, j * columns, columns),
            columns);
      }
      double length = Math.sqrt(dot(values, i * columns, i * columns, columns));
      for (int c = 0; c < columns; c++) {
        values[i * columns + c] /= length;
      }
    }
    float[] result = new float[values.length];
    for (int i = 0; i < result.length; i++) {
      result[i] = (float) values[i];
    }
    return result;
  }

  private static double dot(double[] values, int a, int b, int length) {
    double sum = 0;
    for (int i = 0; i < length; i++) {
      sum += values[a + i] * values[b + i];
    }
    return sum;
  }

  private static void add(double[] values, int to, int from, double factor, int length) {
    for (int i = 0; i < length; i++) {
      values[to + i] += factor * values[from + i];
    }
  }

  private static int fanIn(int[] dims) {
    return dims.length > 1 ? dims[dims.length - 2] : dims[dims.length - 1];
  }

  private static int fanOut(int[] dims) {
    return dims[dims.length - 1];
  }
}
