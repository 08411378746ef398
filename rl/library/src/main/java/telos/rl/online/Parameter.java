package telos.rl.online;

import java.util.List;

/// Refuses numbers of a configuration that cannot work, naming the parameter and what would fit.
final class Parameter {
  private Parameter() {}

  static void positive(String name, double value) {
    require(value > 0 && value < Double.POSITIVE_INFINITY, name, value, "a positive number");
  }

  static void notNegative(String name, double value) {
    require(value >= 0 && value < Double.POSITIVE_INFINITY, name, value, "zero or more");
  }

  /// In `[0, 1]`.
  static void fraction(String name, double value) {
    require(value >= 0 && value <= 1, name, value, "a number from 0 to 1");
  }

  static void widths(String name, List<Integer> values) {
    require(values.stream().allMatch(width -> width > 0), name, values, "positive widths");
  }

  static void require(boolean fits, String name, Object value, String wanted) {
    if (!fits) {
      throw new IllegalArgumentException(name + ": " + value + " does not fit; needs " + wanted);
    }
  }
}
