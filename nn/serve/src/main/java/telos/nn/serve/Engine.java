package telos.nn.serve;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import telos.nn.serve.Job.Row;

/// Continuous batching: one thread owns the model and a [Batch], which rows join and leave between
/// any two steps.
///
/// Rows are admitted in the order they were asked for, as long as there is room for all that they
/// may come to write, so that a row that was begun is never put aside. Between two steps at most
/// [Limits#prefill] prompt tokens of newcomers are read, and as many of a longer prompt that was
/// begun: those who are being answered wait no longer than that.
final class Engine implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("telos.nn.serve");

  private final Supplier<Batch> batches;
  private final Limits limits;
  private final Metrics metrics;
  private final Thread thread;
  private final Map<Integer, Row> live = new LinkedHashMap<>();

  // Guarded by this.
  private final Deque<Row> waiting = new ArrayDeque<>();
  private final Set<Job> jobs = new HashSet<>();
  private boolean closing;
  private boolean aborted;

  /// @param batches makes an empty batch, on the engine's thread; a second one after a failure
  Engine(Supplier<Batch> batches, Limits limits, Metrics metrics) {
    this.batches = batches;
    this.limits = limits;
    this.metrics = metrics;
    thread = Thread.ofPlatform().name("telos-engine").daemon().start(this::run);
  }

  /// Puts a request in the queue.
  ///
  /// @throws ApiError when the queue is full, the request can never fit, or the engine is closing
  synchronized void submit(Job job) {
    for (Row row : job.rows()) {
      if (row.passage().reserved() > limits.tokens()) {
        throw ApiError.invalid(
            "A prompt of %d tokens and %d new ones are more than the %d this server has room for"
                .formatted(
                    row.passage().prompt().length,
                    row.passage().sampling().maxNewTokens(),
                    limits.tokens()),
            "max_tokens");
      }
    }
    checkRoom();
    jobs.add(job);
    waiting.addAll(job.rows());
    notifyAll();
  }

  /// @throws ApiError when a request has no chance now
  synchronized void checkRoom() {
    if (closing) {
      throw ApiError.stopping();
    }
    if (jobs.size() >= limits.requests()) {
      throw ApiError.busy(
          "The server is busy with %d requests; try again later".formatted(jobs.size()));
    }
  }

  /// The reader of a request has left, or has all it wants: its rows end before the next step.
  synchronized void release(Job job) {
    job.markCancelled();
    jobs.remove(job);
    waiting.removeIf(row -> row.job() == job);
    notifyAll();
  }

  /// Whether it takes requests.
  synchronized boolean accepting() {
    return !closing;
  }

  /// Requests that are answered or wait.
  synchronized int requests() {
    return jobs.size();
  }

  /// Takes no more requests, and waits for those it has.
  ///
  /// @return whether all of them came to their end
  synchronized boolean drain(Duration patience) throws InterruptedException {
    closing = true;
    long end = System.nanoTime() + patience.toNanos();
    for (long left = patience.toNanos();
        !jobs.isEmpty() && left > 0;
        left = end - System.nanoTime()) {
      wait(left / 1_000_000 + 1);
    }
    return jobs.isEmpty();
  }

  /// Ends at once; requests that are still there are told so.
  @Override
  public void close() {
    synchronized (this) {
      closing = true;
      aborted = true;
      notifyAll();
    }
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    Batch batch = batches.get();
    while (awaitWork()) {
      try {
        dropCancelled(batch);
        admit(batch);
        step(batch);
        metrics.load(live.size(), reserved());
      } catch (RuntimeException | Error e) {
        LOG.log(Level.ERROR, "A step of the batch failed", e);
        failAll(ApiError.internal("The model failed: " + e.getMessage()));
        batch = batches.get();
      }
    }
    failAll(ApiError.stopping());
  }

  /// @return false when there will be none
  private synchronized boolean awaitWork() {
    try {
      while (!aborted && waiting.isEmpty() && live.isEmpty()) {
        wait();
      }
    } catch (InterruptedException e) {
      aborted = true;
    }
    return !aborted;
  }

  private void dropCancelled(Batch batch) {
    live.entrySet()
        .removeIf(entry -> {
          boolean left = entry.getValue().job().cancelled();
          if (left) {
            batch.remove(entry.getKey());
            metrics.cancelled();
          }
          return left;
        });
  }

  private void admit(Batch batch) {
    int read = 0;
    for (Row row = fitting(read); row != null; row = fitting(read)) {
      read += Math.min(row.passage().prompt().length, limits.prefill());
      try {
        live.put(batch.add(row.passage()), row);
        metrics.prompt(row.passage().prompt().length);
      } catch (IllegalArgumentException e) {
        row.job().tell(new Job.Failed(ApiError.invalid(String.valueOf(e.getMessage()), null)));
        release(row.job());
      }
    }
  }

  /// Takes the next row if there is room for it, and time.
  private synchronized @Nullable Row fitting(int read) {
    Row next = waiting.peek();
    boolean fits =
        next != null
            && live.size() < limits.rows()
            && reserved() + next.passage().reserved() <= limits.tokens()
            && (read == 0 || read + next.passage().prompt().length <= limits.prefill());
    return fits ? waiting.remove() : null;
  }

  private int reserved() {
    return live.values().stream().mapToInt(row -> row.passage().reserved()).sum();
  }

  private void step(Batch batch) {
    if (live.isEmpty()) {
      return;
    }
    long start = System.nanoTime();
    for (Written written : batch.step()) {
      Row row = live.get(written.row());
      if (row == null) {
        continue;
      }
      switch (written) {
        case Written.Token token -> deliver(batch, row, token);
        case Written.Failure(_, var cause) -> {
          row.job().tell(new Job.Failed(ApiError.internal(String.valueOf(cause.getMessage()))));
          release(row.job());
        }
      }
    }
    metrics.step(System.nanoTime() - start);
  }

  private void deliver(Batch batch, Row row, Written.Token written) {
    metrics.token();
    row.text()
        .accept(written)
        .ifPresent(piece -> {
          if (piece.finish() != null) {
            batch.remove(written.row());
            live.remove(written.row());
          }
          row.job().tell(new Job.Wrote(piece));
        });
  }

  private synchronized void failAll(ApiError error) {
    Set<Job> ended = new HashSet<>(jobs);
    live.values().forEach(row -> ended.add(row.job()));
    ended.forEach(job -> job.tell(new Job.Failed(error)));
    live.clear();
    metrics.load(0, 0);
    waiting.clear();
    jobs.clear();
    notifyAll();
  }
}
