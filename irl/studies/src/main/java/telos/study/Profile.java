package telos.study;

import java.util.Locale;

/// How much of a study is run.
public enum Profile {
  /// At most 10 seconds: asserts that every stage works; verdicts mean nothing.
  QUICK,
  /// At most 6 minutes on two cores.
  DEFAULT,
  /// The whole claim, at most 30 minutes on two cores.
  FULL;

  /// Picks the value that belongs to this profile.
  public <T> T pick(T quick, T standard, T full) {
    return switch (this) {
      case QUICK -> quick;
      case DEFAULT -> standard;
      case FULL -> full;
    };
  }

  /// The name in files and on the command line: `quick`, `default`, `full`.
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
