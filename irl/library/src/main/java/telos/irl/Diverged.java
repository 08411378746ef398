package telos.irl;

import java.io.Serial;

/// A training run has failed; the message says how, at which step and on which data. Its newest
/// checkpoint is from before.
public final class Diverged extends RuntimeException {
  @Serial private static final long serialVersionUID = 1;

  Diverged(String message) {
    super(message);
  }
}
