package telos.rl.online;

import java.util.List;
import telos.rl.environment.Space;

/// Refuses parameters that do not fit, each in one sentence.
///
/// @param algorithm whose they are
record Require(String algorithm) {
  void that(boolean holds, String parameter, Object value, String fits) {
    if (!holds) {
      throw new IllegalArgumentException(
          algorithm + ": " + parameter + " is " + value + ", needs " + fits);
    }
  }

  void positive(String parameter, double value) {
    that(value > 0 && value < Double.POSITIVE_INFINITY, parameter, value, "a positive number");
  }

  void atLeast(int least, String parameter, long value) {
    that(value >= least, parameter, value, "at least " + least);
  }

  /// In `[0, 1]`.
  void share(String parameter, double value) {
    that(value >= 0 && value <= 1, parameter, value, "a number in [0, 1]");
  }

  /// In `(0, 1]`.
  void part(String parameter, double value) {
    that(value > 0 && value <= 1, parameter, value, "a number in (0, 1]");
  }

  void notNegative(String parameter, double value) {
    that(value >= 0 && value < Double.POSITIVE_INFINITY, parameter, value, "a number from 0 on");
  }

  /// In `[0, 1)`.
  void belowOne(String parameter, double value) {
    that(value >= 0 && value < 1, parameter, value, "a number in [0, 1)");
  }

  /// Of hidden layers; none make a linear function.
  void widths(String parameter, List<Integer> values) {
    that(values.stream().allMatch(width -> width > 0), parameter, values, "positive widths");
  }

  /// How many numbers an observation has, where it is a vector.
  int width(Space<?> space) {
    if (space instanceof Space.Box box && box.shape().size() == 1) {
      return box.size();
    }
    throw new IllegalArgumentException(
        algorithm + ": observations are " + space + "; it needs vectors");
  }

  /// How many actions there are, where they can be counted.
  int actions(Space<?> space) {
    if (space instanceof Space.Discrete discrete) {
      return discrete.n();
    }
    throw new IllegalArgumentException(
        algorithm + ": actions are " + space + "; it needs a discrete space");
  }
}
