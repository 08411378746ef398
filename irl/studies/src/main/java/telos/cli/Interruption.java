package telos.cli;

import java.io.PrintWriter;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import telos.study.StopSignal;

/// Turns Ctrl-C into a clean stop: the run is asked to end at its next step, awaited, and the user
/// is told how to go on. The JVM then exits with 130.
final class Interruption implements AutoCloseable {
  private static final int PATIENCE_SECONDS = 60;

  private final StopSignal stop;
  private final PrintWriter err;
  private final String advice;
  private final CountDownLatch ended = new CountDownLatch(1);
  private final Thread hook = new Thread(this::stopCleanly, "ctrl-c");

  Interruption(StopSignal stop, PrintWriter err, String advice) {
    this.stop = stop;
    this.err = err;
    this.advice = advice;
    Runtime.getRuntime().addShutdownHook(hook);
  }

  private void stopCleanly() {
    stop.raise();
    err.println("Stopping at the next step ...");
    err.flush();
    try {
      boolean clean = ended.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
      err.println((clean ? "Stopped. " : "Stopped in the middle of a step. ") + advice);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    err.flush();
  }

  /// The run has ended, in whatever way.
  @Override
  public void close() {
    ended.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException _) {
      // The JVM is shutting down: the hook is at work.
    }
  }
}
