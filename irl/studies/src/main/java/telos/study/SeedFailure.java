package telos.study;

import java.io.Serial;

/// A stage failed for one seed.
public final class SeedFailure extends Exception {
  @Serial private static final long serialVersionUID = 1;

  /// @param stage the stage
  /// @param seed the seed that failed; run alone, it fails in the same way
  /// @param cause what went wrong
  public SeedFailure(String stage, long seed, Throwable cause) {
    super("Stage '%s' failed for seed %d: %s".formatted(stage, seed, sentence(cause)), cause);
  }

  private static String sentence(Throwable cause) {
    String message = cause.getMessage();
    return message == null ? cause.getClass().getSimpleName() : message;
  }
}
