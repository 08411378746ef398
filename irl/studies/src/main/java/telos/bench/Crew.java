package telos.bench;

import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;

/// Threads for the yardsticks: made once, and spinning between one call and the next. A thread
/// started for each call, or one that must be woken from sleep, would count its start as work: some
/// 100 us in which a processor copies 10 MB. Those that are not called for a while sleep: other
/// rows take their turn, and need the processors.
final class Crew implements Runnable, AutoCloseable {
  private static final int APART = 32;

  /// Some milliseconds.
  private static final int SPINS = 100_000;

  private final IntConsumer part;
  private final Thread[] others;
  private volatile int round;
  private volatile boolean closed;

  /// How many rounds each of the others has done, 128 bytes apart so that no two share a cache
  /// line.
  private final AtomicIntegerArray done;

  /// A crew of `threads`, the caller among them; thread `t` runs `part.accept(t)`.
  Crew(int threads, IntConsumer part) {
    this.part = part;
    this.others = new Thread[threads - 1];
    this.done = new AtomicIntegerArray(APART * threads);
    for (int t = 1; t < threads; t++) {
      int number = t;
      others[t - 1] = Thread.ofPlatform().daemon().name("crew-" + t).start(() -> serve(number));
    }
  }

  private void serve(int number) {
    int spins = 0;
    for (int served = 0; !closed; ) {
      if (round != served) {
        part.accept(number);
        done.set(APART * number, ++served);
        spins = 0;
      } else if (++spins < SPINS) {
        Thread.onSpinWait();
      } else {
        LockSupport.park(this);
      }
    }
  }

  /// One part on every thread; returns when all have ended.
  @Override
  @SuppressWarnings("NonAtomicOperationOnVolatileField") // only the caller writes it
  public void run() {
    int current = round + 1;
    round = current;
    wake();
    part.accept(0);
    for (int t = 1; t <= others.length; t++) {
      while (done.get(APART * t) != current) {
        Thread.onSpinWait();
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    wake();
  }

  private void wake() {
    for (Thread other : others) {
      LockSupport.unpark(other);
    }
  }
}
