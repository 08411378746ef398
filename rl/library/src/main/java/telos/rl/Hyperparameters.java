package telos.rl;

import java.util.List;
import telos.rl.environment.Space;

/// Refuses settings of an algorithm that cannot work; each message names the algorithm, the
/// setting, its value and what would fit.
///
/// @param algorithm whose they are
public record Hyperparameters(String algorithm) {
  /// A finite number above zero.
  public Hyperparameters positive(String name, double value) {
    return require(value > 0 && Double.isFinite(value), name, value, "a positive number");
  }

  /// A finite number, zero or above.
  public Hyperparameters notNegative(String name, double value) {
    return require(value >= 0 && Double.isFinite(value), name, value, "a number from 0 on");
  }

  public Hyperparameters finite(String name, double value) {
    return require(Double.isFinite(value), name, value, "a finite number");
  }

  /// A whole number that is large enough.
  public Hyperparameters atLeast(int least, String name, long value) {
    return require(value >= least, name, value, "at least " + least);
  }

  /// A number in `[0, 1]`.
  public Hyperparameters share(String name, double value) {
    return require(value >= 0 && value <= 1, name, value, "a number in [0, 1]");
  }

  /// A number in `(0, 1]`.
  public Hyperparameters part(String name, double value) {
    return require(value > 0 && value <= 1, name, value, "a number in (0, 1]");
  }

  /// A number in `(0, 1)`.
  public Hyperparameters inside(String name, double value) {
    return require(value > 0 && value < 1, name, value, "a number in (0, 1)");
  }

  /// A number in `[0, bound)`.
  public Hyperparameters below(double bound, String name, double value) {
    return require(value >= 0 && value < bound, name, value, "a number in [0, " + bound + ")");
  }

  /// A number in `[0, 1)`.
  public Hyperparameters belowOne(String name, double value) {
    return below(1, name, value);
  }

  /// Of hidden layers; none make a linear function.
  public Hyperparameters widths(String name, List<Integer> values) {
    boolean fits = values.stream().allMatch(width -> width > 0);
    return require(fits, name, values, "positive widths");
  }

  /// Anything else.
  ///
  /// @param what would fit
  public Hyperparameters require(boolean fits, String name, Object value, String what) {
    if (!fits) {
      throw new IllegalArgumentException(
          algorithm + ": " + name + " is " + value + ", needs " + what);
    }
    return this;
  }

  /// How many numbers an observation has, where it is a vector.
  public int width(Space<?> observations) {
    if (observations instanceof Space.Box box && box.shape().size() == 1) {
      return box.size();
    }
    throw new IllegalArgumentException(
        algorithm + ": observations are " + observations + ", needs vectors");
  }

  /// How many actions there are, where they can be counted.
  public int actions(Space<?> actions) {
    if (actions instanceof Space.Discrete discrete) {
      return discrete.n();
    }
    throw new IllegalArgumentException(
        algorithm + ": actions are " + actions + ", needs a discrete space");
  }
}
