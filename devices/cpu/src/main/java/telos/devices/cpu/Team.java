package telos.devices.cpu;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// The threads of one device: the only place where telos computes in parallel.
///
/// A kernel cuts its work *by size* into chunks `0, 1, ...`; the chunks are the same for every
/// number of threads and each writes its own part of the result (or its own partial result, which
/// the kernel then combines in index order), so the bits never depend on the team. The calling
/// thread takes chunks too; a team of one runs them inline.
///
/// **Nothing serialises.** The chunks of a kernel are dealt to the threads as one contiguous range
/// each, so that kernels which follow each other on the same tensors find their part in the cache
/// of the same core. A thread claims chunks from its own range by an addition to a counter that
/// nobody else touches, in a cache line of its own; when its range is used up it takes from the
/// others' ranges, chunk by chunk, so no thread idles while another has more than one chunk left. A
/// thread reports once when it finds nothing more, not once a chunk. Sleeping workers are woken as
/// a tree: each wakes two more. So a kernel costs the caller the same for 2 threads and for 16, and
/// beyond it only the last chunk is waited for.
///
/// The workers are daemon threads, started when first needed. A waiting thread spins, so that
/// kernels which follow each other within a step find the team awake, and parks after
/// [#PATIENCE_NANOS]; then an idle device costs nothing. A caller that finds the team busy with
/// another caller's work runs its chunks itself.
///
/// Not final, so that tests can see how kernels cut their work.
class Team implements AutoCloseable {
  /// The body of a kernel over the half-open range `[from, to)` of its work.
  @FunctionalInterface
  interface Chunk {
    void run(int from, int to);
  }

  /// Work below this many nanoseconds is not worth a second thread.
  static final long WORTHWHILE_NANOS = 20_000;

  /// Beside a chunk of so many nanoseconds it does not count to claim it: one atomic addition.
  private static final long CLAIMED_NANOS = 5_000;

  /// Estimated cost of a float that comes from memory.
  static final double NANOS_PER_FLOAT = 0.15;

  /// How long an idle thread spins before it parks. On two Zen 5 cores a spinning thread is at work
  /// after 1 to 4 microseconds, a parked one after 27 to 47, as long as many kernels of a training
  /// step; the parts of a step that use one thread are shorter than this. `TeamLatency`, among the
  /// tests, measures both.
  static final long PATIENCE_NANOS = 1_000_000;

  private static final ThreadLocal<boolean[]> IN_KERNEL =
      ThreadLocal.withInitial(() -> new boolean[1]);

  private final int size;
  private final long patience;
  private final AtomicBoolean busy = new AtomicBoolean();
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
    // Threads that share a processor must not keep it from each other.
    this.patience =
        size <= Runtime.getRuntime().availableProcessors() ? PATIENCE_NANOS : WORTHWHILE_NANOS;
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
    int seats = seats(chunks, length * nanosPerItem);
    inKernel[0] = true;
    try {
      if (seats == 1 || !busy.compareAndSet(false, true)) {
        inline(length, chunk, body);
      } else {
        together(new Job(length, chunk, chunks, seats, body));
      }
    } finally {
      inKernel[0] = false;
    }
  }

  /// How many threads are worth their while.
  private int seats(int chunks, double nanos) {
    return nanos < WORTHWHILE_NANOS
        ? 1
        : (int) Math.min(Math.min(size, chunks), nanos * 2 / WORTHWHILE_NANOS);
  }

  /// Runs `body` over `tasks` tasks that cost about `nanosPerTask` each, [#atOnce] of them a chunk.
  void each(int tasks, double nanosPerTask, Chunk body) {
    split(tasks, atOnce(nanosPerTask), nanosPerTask, body);
  }

  /// Tasks of one chunk: so many that to claim it costs little beside them, and no more, so that
  /// threads end at about the same time.
  static int atOnce(double nanosPerTask) {
    return (int) Math.clamp(CLAIMED_NANOS / nanosPerTask, 1, 1 << 20);
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
      workers();
      job = work;
      wake(work, 0);
      work.help(0);
      work.await(patience);
    } finally {
      job = null;
      busy.set(false);
    }
    work.rethrow();
  }

  private void workers() {
    if (workers.length == 0 && !closed) {
      Worker[] started = new Worker[size - 1];
      for (int i = 0; i < started.length; i++) {
        started[i] = new Worker(i + 1);
        started[i].start();
      }
      workers = started;
    }
  }

  /// Wakes those whom the thread of this seat has to wake.
  private void wake(Job work, int seat) {
    Worker[] all = workers;
    for (int other = 2 * seat + 1; other <= 2 * seat + 2; other++) {
      if (other < work.seats && other <= all.length) {
        all[other - 1].wake();
      }
    }
  }

  /// Ends the threads. Work in progress is finished by its caller; later work is refused.
  @Override
  public void close() {
    closed = true;
    for (Worker worker : workers) {
      LockSupport.unpark(worker);
    }
  }

  /// A bounded wait: spins, after a while lets others run, in the end says that it is over.
  private static final class Patience {
    private static final int UNTIMED = 64;
    private static final long ALONE_NANOS = 50_000;

    private final long nanos;
    private int spins;
    private long since;

    Patience(long nanos) {
      this.nanos = nanos;
    }

    void renew() {
      spins = 0;
    }

    /// Waits a little; false when it has lasted long enough.
    @SuppressWarnings("ThreadPriorityCheck") // a hint: nothing relies on it
    boolean spin() {
      Thread.onSpinWait();
      spins++;
      if (spins % UNTIMED != 0) {
        return true;
      }
      long now = System.nanoTime();
      if (spins == UNTIMED) {
        since = now;
      } else if (now - since > ALONE_NANOS) {
        Thread.yield();
      }
      return now - since < nanos;
    }
  }

  private final class Worker extends Thread {
    private final int seat;
    private volatile boolean parked;

    Worker(int seat) {
      super("telos-kernel-" + seat);
      this.seat = seat;
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
      Patience waiting = new Patience(patience);
      Job last = null;
      while (!closed) {
        Job current = job;
        if (current != null && current != last) {
          Team.this.wake(current, seat);
          current.help(seat);
          last = current;
          waiting.renew();
        } else if (!waiting.spin()) {
          last = null;
          park(current);
          waiting.renew();
        }
      }
    }

    /// The caller publishes its job before it reads `parked`, and this writes `parked` before it
    /// reads the job again: one of the two sees the other.
    private void park(@Nullable Job seen) {
      parked = true;
      if (!closed && job == seen) {
        LockSupport.park(Team.this);
      }
      parked = false;
    }
  }

  /// One kernel's chunks.
  private static final class Job {
    /// Counters of two threads lie two cache lines apart: processors fetch lines in pairs.
    private static final int APART = 32;

    private final int length;
    private final int chunk;
    private final int chunks;
    private final int seats;
    private final Chunk body;
    private final Thread caller = Thread.currentThread();

    /// How many chunks of each thread's range have been claimed.
    private final AtomicIntegerArray claimed;

    private final AtomicInteger done = new AtomicInteger();
    private volatile boolean waiting;
    private @Nullable Throwable failure;
    private volatile int failed = Integer.MAX_VALUE;

    Job(int length, int chunk, int chunks, int seats, Chunk body) {
      this.length = length;
      this.chunk = chunk;
      this.chunks = chunks;
      this.seats = seats;
      this.body = body;
      this.claimed = new AtomicIntegerArray((seats + 1) * APART);
    }

    /// Runs chunks until none is left to claim: those of the own range, then the others'.
    void help(int seat) {
      int ran = 0;
      for (int i = 0; i < seats && seat < seats; i++) {
        ran += drain((seat + i) % seats);
      }
      if (ran > 0 && done.addAndGet(ran) == chunks && waiting) {
        LockSupport.unpark(caller);
      }
    }

    private int drain(int range) {
      int first = start(range);
      int count = start(range + 1) - first;
      int at = (range + 1) * APART;
      int ran = 0;
      while (claimed.get(at) < count) {
        int index = claimed.getAndIncrement(at);
        if (index < count) {
          run(first + index);
          ran++;
        }
      }
      return ran;
    }

    private int start(int range) {
      return (int) ((long) chunks * range / seats);
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

    void await(long patience) {
      Patience spinning = new Patience(patience);
      while (done.get() < chunks && spinning.spin()) {}
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
