package telos.rl.offline;

import java.util.List;

/// Refuses hyper-parameters that make no sense, a sentence each.
///
/// @param algorithm whose they are
record Limits(String algorithm) {
  Limits positive(String name, double value) {
    return require(value > 0 && value < Double.POSITIVE_INFINITY, name, value, "positive");
  }

  Limits notNegative(String name, double value) {
    return require(value >= 0 && value < Double.POSITIVE_INFINITY, name, value, "0 or more");
  }

  /// In `[0, 1]`.
  Limits share(String name, double value) {
    return require(value >= 0 && value <= 1, name, value, "in [0, 1]");
  }

  /// In `(0, 1)`.
  Limits inside(String name, double value) {
    return require(value > 0 && value < 1, name, value, "between 0 and 1");
  }

  /// In `(0, 1]`.
  Limits part(String name, double value) {
    return require(value > 0 && value <= 1, name, value, "in (0, 1]");
  }

  Limits widths(String name, List<Integer> widths) {
    return require(widths.stream().allMatch(width -> width > 0), name, widths, "positive widths");
  }

  Limits require(boolean holds, String name, Object value, String fits) {
    if (!holds) {
      throw new IllegalArgumentException(
          algorithm + ": " + name + " is " + value + ", must be " + fits);
    }
    return this;
  }
}
