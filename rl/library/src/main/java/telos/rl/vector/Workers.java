package telos.rl.vector;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntConsumer;

/// Threads that step environments, each a range of them, always the same one. Worth it where a step
/// takes longer than waking a thread, some 20 microseconds.
///
/// @param threads none: the caller does all itself
record Workers(List<ExecutorService> threads, int count) {
  static Workers of(int threads, int count) {
    if (threads < 1) {
      throw new IllegalArgumentException(
          "vector environment: needs a thread at least, not " + threads);
    }
    List<ExecutorService> made = new ArrayList<>();
    for (int i = 0; threads > 1 && i < Math.min(threads, count); i++) {
      String name = "telos-environments-" + i;
      made.add(
          Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name(name).factory()));
    }
    return new Workers(made, count);
  }

  /// Lets `action` happen to each chosen environment.
  void each(boolean[] chosen, IntConsumer action) {
    if (threads.isEmpty()) {
      range(0, count, chosen, action);
      return;
    }
    List<Future<?>> running = new ArrayList<>();
    for (int t = 0; t < threads.size(); t++) {
      int from = (int) ((long) count * t / threads.size());
      int to = (int) ((long) count * (t + 1) / threads.size());
      Callable<?> task = () -> range(from, to, chosen, action);
      running.add(threads.get(t).submit(task));
    }
    running.forEach(Workers::await);
  }

  private static boolean range(int from, int to, boolean[] chosen, IntConsumer action) {
    for (int i = from; i < to; i++) {
      if (chosen[i]) {
        action.accept(i);
      }
    }
    return true;
  }

  private static void await(Future<?> task) {
    try {
      task.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException("an environment failed", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while environments were stepped", e);
    }
  }

  void close() {
    threads.forEach(ExecutorService::shutdownNow);
  }
}
