package telos.study;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.LongStream;

/// A study that is running: what [Study#run] works with.
///
///     run.eachSeed("irl", trial -> {
///       Gpt base = trial.artefact("base", config, 0, format, () -> pretrain(config));
///       for (int step = 0; step < steps; step++) {
///         ...
///         trial.log("irl", step, "loss", loss);
///         trial.progress(step + 1, steps);
///       }
///       trial.measure("irl", "auc", auc);
///     });
public final class StudyRun {
  private final Study.Plan plan;
  private final Request request;
  private final RunDirectory directory;
  private final RunTools tools;
  private final MetricsLog metrics;
  private final Measurements measurements = new Measurements();
  private final List<String> notes = new ArrayList<>();

  StudyRun(
      Study.Plan plan,
      Request request,
      RunDirectory directory,
      RunTools tools,
      MetricsLog metrics) {
    this.plan = plan;
    this.request = request;
    this.directory = directory;
    this.tools = tools;
    this.metrics = metrics;
  }

  /// What was asked for.
  public Request request() {
    return request;
  }

  /// The profile of the run.
  public Profile profile() {
    return request.profile();
  }

  /// The plan's configuration.
  public <C extends Record> C config(Class<C> type) {
    return type.cast(plan.config());
  }

  /// The file of real data, if one was given.
  public Optional<Path> data() {
    return request.data();
  }

  /// How many seeds a stage has, unless it says otherwise.
  public int seeds() {
    return request.seeds().orElse(plan.seeds());
  }

  /// Where the run's files are.
  public RunDirectory directory() {
    return directory;
  }

  /// The artefact cache.
  public ArtefactCache cache() {
    return tools.cache();
  }

  /// What has been measured so far.
  public Measurements measurements() {
    return measurements;
  }

  /// Does a stage for the seeds 0 to [#seeds] - 1, side by side. Seeds whose result is already
  /// stored (a resumed run) are skipped. Results come in the order of the seeds.
  public List<StageResult> eachSeed(String stage, Trial.Task task) throws Exception {
    return eachSeed(stage, seeds(), task);
  }

  /// Does a stage for the seeds 0 to `count` - 1.
  public List<StageResult> eachSeed(String stage, int count, Trial.Task task) throws Exception {
    List<Long> seeds = LongStream.range(0, count).boxed().toList();
    var done = new AtomicLongArray(count);
    try (Progress.Stage bar = tools.progress().stage(stage)) {
      var results =
          tools.seeds().run(stage, seeds, seed -> trial(stage, seed, task, watch(bar, done, seed)));
      results.forEach(this::file);
      return results;
    }
  }

  /// Does a stage once, as seed 0, on the default device with all its threads.
  public StageResult once(String stage, Trial.Task task) throws Exception {
    tools.stop().check();
    try (Progress.Stage bar = tools.progress().stage(stage)) {
      StageResult result = trial(stage, 0, task, watch(bar, new AtomicLongArray(1), 0));
      file(result);
      return result;
    }
  }

  /// Files an interval the study worked out itself, for [Estimand.Given] claims of this name.
  public void interval(String name, Interval interval) {
    measurements.put(name, interval);
  }

  /// Files a value of a seed outside a stage, e.g. one computed from several stages' results.
  public void measure(String arm, String metric, long seed, double value) {
    measurements.put(Series.of(arm, metric), seed, value);
  }

  /// A sentence the report shows, e.g. that an arm left its KL budget.
  public void note(String sentence) {
    notes.add(sentence);
  }

  List<String> notes() {
    return List.copyOf(notes);
  }

  private void file(StageResult result) {
    result.values().forEach((series, value) -> measurements.put(series, result.seed(), value));
  }

  private StageResult trial(String stage, long seed, Trial.Task task, Trial.Watcher watcher)
      throws Exception {
    String name = StageFiles.name(stage, seed);
    if (directory.has(name)) {
      watcher.progress(1000);
      return stored(name);
    }
    var trial = new Trial(stage, seed, profile(), metrics, tools.cache(), tools.stop(), watcher);
    task.run(trial);
    watcher.progress(1000);
    StageResult result = trial.result();
    directory.write(name, result.json());
    return result;
  }

  private StageResult stored(String name) throws IOException {
    try {
      return StageResult.of(directory.read(name));
    } catch (IllegalArgumentException e) {
      throw new IOException(
          "'%s' is damaged (%s); delete it to redo that stage"
              .formatted(directory.path().resolve(name), e.getMessage()),
          e);
    }
  }

  private static Trial.Watcher watch(Progress.Stage bar, AtomicLongArray done, long seed) {
    return thousandths -> {
      done.set((int) seed, thousandths);
      long sum = 0;
      for (int i = 0; i < done.length(); i++) {
        sum += done.get(i);
      }
      bar.update(sum, 1000L * done.length());
    };
  }
}
