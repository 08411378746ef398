package telos.rl.environment;

import telos.tensor.Rng;

/// What the classic control problems share about numbers.
final class Numbers {
  private Numbers() {}

  /// Independent numbers, uniform in `[-bound, bound)`.
  static double[] uniform(Rng key, int size, double bound) {
    double[] values = new double[size];
    for (int i = 0; i < size; i++) {
      values[i] = between(key.fold(i), -bound, bound);
    }
    return values;
  }

  /// Uniform in `[low, high)`.
  static double between(Rng key, double low, double high) {
    return low + key.uniform() * (high - low);
  }

  static float[] floats(double... values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }

  /// The equal angle in `[-pi, pi)`.
  static double angle(double radians) {
    double turn = 2 * Math.PI;
    double rest = (radians + Math.PI) % turn;
    return (rest < 0 ? rest + turn : rest) - Math.PI;
  }
}
