package telos.devices.cpu;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// The threads of one device: the only place where telos computes in parallel.
///
/// A kernel cuts its work *by size* into chunks `0, 1, ...`; the chunks are the same for every
/// number of threads and each writes its own part of the result (or its own partial result, which
/// the kernel then combines in index order), so the bits never depend on the team. The calling
/// thread takes chunks too; a team of one runs them inline.
///
/// The workers are daemon threads, started when first needed. A waiting worker spins for some
/// microseconds, then parks. A caller that finds the team busy with another caller's work runs its
/// chunks itself.
final class Team implements AutoCloseable {
  /// The body of a kernel over the half-open range `[from, to)` of its work.
  @FunctionalInterface
  interface Chunk {
    void run(int from, int to);
  }

  /// Work below this many nanoseconds is not worth waking a thread for.
  static final long WORTHWHILE_NANOS = 20_000;

  private static final int SPINS = 2_000;
  private static final ThreadLocal<boolean[]> IN_KERNEL =
      ThreadLocal.withInitial(() -> new boolean[1]);

  private final int size;
  private final AtomicInteger busy = new AtomicInteger();
  private volatile Worker[] workers = {};
  private volatile @Nullable Job job;
  private volatile boolean closed;

  /// A team of `size` threads, the caller among them.
  Team(int size) {
    if (size < 1) {
      throw new IllegalArgumentException(
          "a device needs at least 1 thread, not " + size + "; set TELOS_THREADS to 1 or more");
    }
    this.size = size;
  }

  /// The number of threads that `TELOS_THREADS` or the system property `telos.threads` asks for, or
  /// the number of processors.
  static int defaultSize() {
    String property = System.getProperty("telos.threads");
    return size(property != null ? property : System.getenv("TELOS_THREADS"));
  }

  static int size(@Nullable String request) {
    if (request == null || request.isBlank()) {
      return Runtime.getRuntime().availableProcessors();
    }
    try {
      int threads = Integer.parseInt(request.strip());
      if (threads >= 1 && threads <= 1024) {
        return threads;
      }
    } catch (NumberFormatException _) {
      // The sentence below says what would fit.
    }
    throw new IllegalArgumentException(
        "TELOS_THREADS is '" + request + "'; use a whole number from 1 to 1024");
  }

  /// Threads in this team.
  int size() {
    return size;
  }

  /// Whether the current thread is running a kernel: tensor operations are refused there.
  static boolean onKernelThread() {
    return IN_KERNEL.get()[0];
  }

  /// Cuts `[0, length)` into chunks of `chunk` items and runs `body` once for each. `nanosPerItem`
  /// is the estimated cost of one item; when the whole costs less than [#WORTHWHILE_NANOS] the
  /// caller runs all chunks itself, the same ones in the same order.
  ///
  /// If bodies throw, the exception of the first chunk that threw reaches the caller, after all
  /// chunks that had begun have ended.
  void split(int length, int chunk, double nanosPerItem, Chunk body) {
    if (length <= 0) {
      return;
    }
    boolean[] inKernel = IN_KERNEL.get();
    if (inKernel[0]) {
      throw new IllegalStateException(
          "a kernel thread asked its team for threads; kernels cannot be nested");
    }
    if (closed) {
      throw new IllegalStateException("the device was closed; open a new one");
    }
    int chunks = (int) (((long) length + chunk - 1) / chunk);
    inKernel[0] = true;
    try {
      if (size == 1
          || chunks == 1
          || length * nanosPerItem < WORTHWHILE_NANOS
          || !busy.compareAndSet(0, 1)) {
        inline(length, chunk, body);
      } else {
        together(new Job(length, chunk, chunks, body));
      }
    } finally {
      inKernel[0] = false;
    }
  }

  /// Runs `body` once for each of `tasks` tasks that cost `nanosPerTask` each.
  void each(int tasks, double nanosPerTask, Chunk body) {
    split(tasks, 1, nanosPerTask, body);
  }

  private static void inline(int length, int chunk, Chunk body) {
    int from = 0;
    for (; chunk < length - from; from += chunk) {
      body.run(from, from + chunk);
    }
    body.run(from, length);
  }

  private void together(Job work) {
    try {
      Worker[] helpers = workers();
      job = work;
      for (int i = 0; i < Math.min(helpers.length, work.chunks - 1); i++) {
        helpers[i].wake();
      }
      work.help();
      work.await();
    } finally {
      job = null;
      busy.set(0);
    }
    work.rethrow();
  }

  private Worker[] workers() {
    if (workers.length == 0 && !closed) {
      Worker[] started = new Worker[size - 1];
      for (int i = 0; i < started.length; i++) {
        started[i] = new Worker(i + 1);
        started[i].start();
      }
      workers = started;
    }
    return workers;
  }

  /// Ends the threads. Work in progress is finished by its caller; later work is refused.
  @Override
  public void close() {
    closed = true;
    for (Worker worker : workers) {
      LockSupport.unpark(worker);
    }
  }

  private final class Worker extends Thread {
    private volatile boolean parked;

    Worker(int number) {
      super("telos-kernel-" + number);
      setDaemon(true);
    }

    void wake() {
      if (parked) {
        LockSupport.unpark(this);
      }
    }

    @Override
    public void run() {
      IN_KERNEL.get()[0] = true;
      int idle = 0;
      while (!closed) {
        if (helped()) {
          idle = 0;
        } else if (++idle < SPINS) {
          Thread.onSpinWait();
        } else {
          park();
        }
      }
    }

    private boolean helped() {
      Job current = job;
      return current != null && current.help();
    }

    /// The caller publishes its job before it reads `parked`, and this writes `parked` before it
    /// reads the job again: one of the two sees the other.
    private void park() {
      parked = true;
      Job current = job;
      if (!closed && (current == null || current.exhausted())) {
        LockSupport.park(Team.this);
      }
      parked = false;
    }
  }

  /// One kernel's chunks, claimed in index order.
  private static final class Job {
    private final int length;
    private final int chunk;
    private final int chunks;
    private final Chunk body;
    private final Thread caller = Thread.currentThread();
    private final AtomicInteger next = new AtomicInteger();
    private final AtomicInteger done = new AtomicInteger();
    private volatile boolean waiting;
    private @Nullable Throwable failure;
    private volatile int failed = Integer.MAX_VALUE;

    Job(int length, int chunk, int chunks, Chunk body) {
      this.length = length;
      this.chunk = chunk;
      this.chunks = chunks;
      this.body = body;
    }

    boolean exhausted() {
      return next.get() >= chunks;
    }

    /// Runs chunks until none is left; false if there was none.
    boolean help() {
      if (exhausted()) {
        return false;
      }
      boolean helped = false;
      for (int i = next.getAndIncrement(); i < chunks; i = next.getAndIncrement()) {
        helped = true;
        run(i);
        if (done.incrementAndGet() == chunks && waiting) {
          LockSupport.unpark(caller);
        }
      }
      return helped;
    }

    private void run(int index) {
      if (index > failed) {
        return;
      }
      int from = index * chunk;
      try {
        body.run(from, index == chunks - 1 ? length : from + chunk);
      } catch (Throwable thrown) {
        fail(index, thrown);
      }
    }

    private synchronized void fail(int index, Throwable thrown) {
      if (index < failed) {
        failure = thrown;
        failed = index;
      }
    }

    void await() {
      for (int i = 0; i < SPINS && done.get() < chunks; i++) {
        Thread.onSpinWait();
      }
      waiting = true;
      while (done.get() < chunks) {
        LockSupport.park(this);
      }
    }

    synchronized void rethrow() {
      switch (failure) {
        case null -> {}
        case RuntimeException e -> throw e;
        case Error e -> throw e;
        case Throwable t -> throw new IllegalStateException("a kernel failed: " + t, t);
      }
    }
  }
}
