package telos.rl.online;

import java.util.List;

/// Checks hyper-parameters; errors name the algorithm, the parameter and what would fit.
record Parameters(String algorithm) {
  /// A whole number that is large enough.
  Parameters atLeast(int least, String name, long value) {
    return require(value >= least, name, value, "at least " + least);
  }

  /// A number in `[0, 1]`.
  Parameters share(String name, double value) {
    return require(value >= 0 && value <= 1, name, value, "a number from 0 to 1");
  }

  /// A finite number that is not negative.
  Parameters notNegative(String name, double value) {
    return require(
        value >= 0 && Double.isFinite(value), name, value, "a finite number, 0 or above");
  }

  /// A finite number above zero.
  Parameters positive(String name, double value) {
    return require(value > 0 && Double.isFinite(value), name, value, "a finite number above 0");
  }

  /// A finite number.
  Parameters finite(String name, double value) {
    return require(Double.isFinite(value), name, value, "a finite number");
  }

  /// A number in `[0, bound)`.
  Parameters below(double bound, String name, double value) {
    return require(
        value >= 0 && value < bound, name, value, "a number from 0 to " + bound + ", exclusive");
  }

  /// Widths of hidden layers, none for a linear function.
  Parameters widths(String name, List<Integer> values) {
    boolean fits = values.stream().allMatch(width -> width >= 1);
    return require(fits, name, values, "widths of at least 1");
  }

  /// Anything else.
  ///
  /// @param what would fit
  Parameters require(boolean fits, String name, Object value, String what) {
    if (!fits) {
      throw new IllegalArgumentException(
          algorithm + ": " + name + " is " + value + "; needs " + what);
    }
    return this;
  }
}
