package telos.nn.serve;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/// Bounds how long a slow client can keep a thread waiting: after that the thread is interrupted,
/// and a read or write of a socket that is interrupted closes it.
final class Watchdog implements AutoCloseable {
  private final ScheduledThreadPoolExecutor clock;

  Watchdog() {
    var threads = Thread.ofPlatform().name("telos-watchdog").daemon().factory();
    clock = (ScheduledThreadPoolExecutor) Executors.newScheduledThreadPool(1, threads);
    clock.setRemoveOnCancelPolicy(true);
  }

  /// Interrupts this thread after a while, unless the watch is closed before.
  Watch watch(Duration patience) {
    var watch = new Watch(Thread.currentThread());
    watch.alarm = clock.schedule(watch::fire, patience.toNanos(), TimeUnit.NANOSECONDS);
    return watch;
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }

  /// One wait.
  static final class Watch implements AutoCloseable {
    private final Thread thread;
    private Future<?> alarm = java.util.concurrent.CompletableFuture.completedFuture(null);
    private boolean closed;

    private Watch(Thread thread) {
      this.thread = thread;
    }

    private synchronized void fire() {
      if (!closed) {
        thread.interrupt();
      }
    }

    /// The wait is over; no interrupt comes any more.
    @Override
    public synchronized void close() {
      closed = true;
      alarm.cancel(false);
    }
  }
}
