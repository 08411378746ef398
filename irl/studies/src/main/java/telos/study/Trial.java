package telos.study;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;

/// One seed of one stage of a study: measures, logs, shows progress and notices a request to stop.
/// Used by one thread.
public final class Trial {

  /// What a stage does for one seed.
  @FunctionalInterface
  public interface Task {
    /// Does it.
    void run(Trial trial) throws Exception;
  }

  /// Told how far the trial is, in thousandths.
  interface Watcher {
    void progress(long thousandths);
  }

  private final String stage;
  private final long seed;
  private final Profile profile;
  private final MetricsLog metrics;
  private final ArtefactCache cache;
  private final StopSignal stop;
  private final Watcher watcher;
  private final Map<Series, Double> values = new LinkedHashMap<>();
  private final Map<String, double[]> arrays = new LinkedHashMap<>();

  Trial(
      String stage,
      long seed,
      Profile profile,
      MetricsLog metrics,
      ArtefactCache cache,
      StopSignal stop,
      Watcher watcher) {
    this.stage = stage;
    this.seed = seed;
    this.profile = profile;
    this.metrics = metrics;
    this.cache = cache;
    this.stop = stop;
    this.watcher = watcher;
  }

  /// The seed all randomness of this trial is derived from.
  public long seed() {
    return seed;
  }

  /// The profile of the run.
  public Profile profile() {
    return profile;
  }

  /// Files the value of an arm's metric for this seed: what claims and tables are made of.
  public void measure(String arm, String metric, double value) {
    values.put(Series.of(arm, metric), value);
  }

  /// Keeps numbers for later stages or for a bootstrap over test items, e.g. one score per item.
  public void keep(String name, double[] numbers) {
    arrays.put(name, numbers.clone());
  }

  /// Logs a point of the arm's curves. Also a place where a stop request ends the trial.
  ///
  /// @throws Stopped when the run was asked to stop
  public void log(String arm, long step, Map<String, Double> numbers) {
    stop.check();
    metrics.log(new Tags(stage, arm, seed), step, numbers);
  }

  /// Logs one number of the arm's curves.
  ///
  /// @throws Stopped when the run was asked to stop
  public void log(String arm, long step, String metric, double value) {
    log(arm, step, Map.of(metric, value));
  }

  /// Says that `done` of `total` parts of this trial are finished.
  ///
  /// @throws Stopped when the run was asked to stop
  public void progress(long done, long total) {
    stop.check();
    watcher.progress(Math.clamp(done * 1000 / Math.max(1, total), 0, 1000));
  }

  /// An artefact of this trial's seed, from the cache or made now.
  public <T> T artefact(
      String kind, Record config, ArtefactCache.Format<T> format, Callable<T> make)
      throws Exception {
    return artefact(kind, config, seed, format, make);
  }

  /// An artefact of another seed, e.g. one base model shared by all seeds.
  public <T> T artefact(
      String kind,
      Record config,
      long artefactSeed,
      ArtefactCache.Format<T> format,
      Callable<T> make)
      throws Exception {
    stop.check();
    return cache.artefact(kind, config, artefactSeed, format, make);
  }

  StageResult result() {
    return new StageResult(seed, new LinkedHashMap<>(values), new LinkedHashMap<>(arrays));
  }
}
