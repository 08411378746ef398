package telos.rl.mujoco;

import telos.tensor.Rng;

/// What the tasks share about numbers.
final class Numbers {
  private Numbers() {}

  /// Independent numbers, uniform in `[-bound, bound)`.
  static double[] uniform(Rng key, int size, double bound) {
    double[] values = new double[size];
    for (int i = 0; i < size; i++) {
      values[i] = bound * (2 * key.fold(i).uniform() - 1);
    }
    return values;
  }

  /// Independent normal numbers.
  static double[] normal(Rng key, int size, double deviation) {
    double[] values = new double[size];
    for (int i = 0; i < size; i++) {
      values[i] = deviation * key.fold(i).normal();
    }
    return values;
  }

  static double[] plus(double[] a, double[] b) {
    double[] sum = new double[a.length];
    for (int i = 0; i < a.length; i++) {
      sum[i] = a[i] + b[i];
    }
    return sum;
  }

  /// `|x|^2`.
  static double square(float[] x) {
    double sum = 0;
    for (float value : x) {
      sum += (double) value * value;
    }
    return sum;
  }

  /// `|x|`.
  static double norm(double[] x) {
    double sum = 0;
    for (double value : x) {
      sum += value * value;
    }
    return Math.sqrt(sum);
  }

  /// The way from one body to another.
  static double[] way(Physics physics, int from, int to) {
    double[] way = new double[3];
    for (int axis = 0; axis < 3; axis++) {
      way[axis] = physics.xpos(to, axis) - physics.xpos(from, axis);
    }
    return way;
  }

  static float[] floats(double... values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }
}
