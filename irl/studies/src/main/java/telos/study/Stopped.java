package telos.study;

import java.io.Serial;

/// The run was asked to stop. What was finished is on disk, and the run can be resumed.
public final class Stopped extends RuntimeException {
  @Serial private static final long serialVersionUID = 1;

  public Stopped() {
    super("The run was stopped");
  }
}
