package telos.study;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/// Runs independent seeds side by side, each on its own single-thread device. Nothing is shared
/// between seeds, so the results are those of one after the other.
public final class Seeds {

  /// The work of one seed.
  @FunctionalInterface
  public interface Work<R> {
    /// Does it.
    R run(long seed) throws Exception;
  }

  private final int parallel;
  private final SeedDevice device;
  private final StopSignal stop;

  /// @param parallel how many seeds run at a time
  /// @param device gives each seed its device
  /// @param stop raised by the caller to end the run early
  public Seeds(int parallel, SeedDevice device, StopSignal stop) {
    if (parallel < 1) {
      throw new IllegalArgumentException("At least one seed runs at a time, not " + parallel);
    }
    this.parallel = parallel;
    this.device = device;
    this.stop = stop;
  }

  /// The results in the order of `seeds`. When a seed fails, seeds that have not started are
  /// dropped, running ones are interrupted and awaited.
  ///
  /// @throws SeedFailure naming the stage and the seed that failed first
  /// @throws Stopped when the run was asked to stop
  public <R> List<R> run(String stage, List<Long> seeds, Work<R> work) throws SeedFailure {
    stop.check();
    try (var pool =
        Executors.newFixedThreadPool(parallel, Thread.ofPlatform().name("seed-", 0).factory())) {
      var completion = new ExecutorCompletionService<R>(pool);
      var futures = new ArrayList<Future<R>>();
      for (long seed : seeds) {
        futures.add(completion.submit(() -> guarded(stage, seed, work)));
      }
      await(completion, seeds.size(), pool);
      return futures.stream().map(Future::resultNow).toList();
    }
  }

  private <R> R guarded(String stage, long seed, Work<R> work) throws SeedFailure {
    stop.check();
    try {
      return device.call(() -> unchecked(() -> work.run(seed)));
    } catch (Stopped e) {
      throw e;
    } catch (Wrapped e) {
      throw new SeedFailure(stage, seed, e.cause);
    } catch (RuntimeException | Error e) {
      throw new SeedFailure(stage, seed, e);
    }
  }

  private <R> void await(ExecutorCompletionService<R> completion, int count, ExecutorService pool)
      throws SeedFailure {
    try {
      for (int i = 0; i < count; i++) {
        completion.take().get();
      }
    } catch (InterruptedException e) {
      pool.shutdownNow();
      throw new Stopped();
    } catch (ExecutionException e) {
      pool.shutdownNow();
      switch (e.getCause()) {
        case SeedFailure failure -> throw failure;
        case Stopped stopped -> throw stopped;
        case null, default -> throw new IllegalStateException(e);
      }
    }
  }

  private static <R> R unchecked(java.util.concurrent.Callable<R> work) {
    try {
      return work.call();
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new Wrapped(e);
    }
  }

  /// Carries a checked exception through a [java.util.function.Supplier].
  private static final class Wrapped extends RuntimeException {
    @java.io.Serial private static final long serialVersionUID = 1;
    private final Exception cause;

    Wrapped(Exception cause) {
      super(cause);
      this.cause = cause;
    }
  }
}
