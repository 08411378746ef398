package telos.study;

/// A request to stop, seen by all threads of a run at their next logged step.
public final class StopSignal {
  private volatile boolean raised;

  /// Starts lowered.
  public StopSignal() {}

  /// Asks the run to stop.
  public void raise() {
    raised = true;
  }

  /// Whether the run was asked to stop.
  public boolean raised() {
    return raised;
  }

  /// Ends the work of this thread if it should stop.
  ///
  /// @throws Stopped when the run, or this thread, was asked to stop
  public void check() {
    if (raised || Thread.currentThread().isInterrupted()) {
      throw new Stopped();
    }
  }
}
