package telos.study;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/// Runs a study from start to `results.json`, or goes on with one that was interrupted.
public final class StudyRunner {
  private final RunTools tools;

  public StudyRunner(RunTools tools) {
    this.tools = tools;
  }

  /// A new run in a new or empty directory.
  public List<Outcome> run(Study study, Request request, Path out) throws Exception {
    if (request.data().isPresent() && !study.takesData()) {
      throw new IllegalArgumentException(
          "The study '%s' takes no --data file".formatted(study.name()));
    }
    Study.Plan plan = study.plan(request);
    return execute(study, plan, request, RunDirectory.create(out, header(study, plan, request)));
  }

  /// Goes on with the run in a directory: finished stages are read back, unfinished ones start
  /// again.
  public List<Outcome> resume(Study study, Path out) throws Exception {
    RunDirectory directory = RunDirectory.open(out);
    Request request = request(directory);
    Study.Plan plan = study.plan(request);
    requireSame(directory, header(study, plan, request));
    directory.keepMetrics(line -> finished(directory, line));
    return execute(study, plan, request, directory);
  }

  /// The name of the study a directory belongs to.
  public static String studyName(RunDirectory directory) throws IOException {
    if (directory.run().get("study") instanceof String name) {
      return name;
    }
    throw new IOException("'%s' is not the run of a study".formatted(directory.path()));
  }

  private List<Outcome> execute(
      Study study, Study.Plan plan, Request request, RunDirectory directory) throws Exception {
    for (World world : plan.worlds()) {
      world.selfTest();
    }
    try (MetricsLog metrics = directory.metrics(tools.scalars().open(directory))) {
      var run = new StudyRun(plan, request, directory, tools, metrics);
      long start = System.nanoTime();
      study.run(run);
      double seconds = (System.nanoTime() - start) / 1e9;
      List<Outcome> outcomes = plan.claims().stream().map(c -> judge(c, run)).toList();
      directory.write(Results.FILE, Results.json(plan, run, outcomes, seconds));
      return outcomes;
    }
  }

  private static Outcome judge(Claim claim, StudyRun run) {
    Outcome outcome = claim.judge(run.measurements());
    return run.profile() == Profile.QUICK
        ? new Outcome(
            claim,
            outcome.interval(),
            Verdict.UNDECIDED,
            "the quick profile only checks that it runs")
        : outcome;
  }

  private static Map<String, @Nullable Object> header(
      Study study, Study.Plan plan, Request request) {
    var run = new LinkedHashMap<String, @Nullable Object>();
    run.put("study", study.name());
    run.put("question", study.question());
    run.put("paper", Canonical.map(study.paper()));
    run.put("profile", request.profile().label());
    run.put("seeds", request.seeds().orElse(plan.seeds()));
    run.put("data", request.data().map(p -> p.toAbsolutePath().toString()).orElse(null));
    run.put("config", Canonical.map(plan.config()));
    run.put("versions", Versions.current());
    run.put("started", Instant.now().toString());
    return run;
  }

  private static Request request(RunDirectory directory) throws IOException {
    var run = directory.run();
    try {
      Profile profile =
          Profile.valueOf(Json.text(run, "profile").toUpperCase(java.util.Locale.ROOT));
      Optional<Path> data = Optional.ofNullable(run.get("data")).map(p -> Path.of(p.toString()));
      return new Request(profile, OptionalInt.of((int) Json.number(run, "seeds")), data);
    } catch (IllegalArgumentException e) {
      throw new IOException(
          "'%s' has a damaged run.json: %s".formatted(directory.path(), e.getMessage()), e);
    }
  }

  /// Results of other code or another configuration must not be mixed with new ones.
  private static void requireSame(RunDirectory directory, Map<String, @Nullable Object> now)
      throws IOException {
    var then = directory.run();
    for (String key : List.of("config", "versions")) {
      String old = String.valueOf(then.get(key));
      String current =
          String.valueOf(
              com.fasterxml
                  .jackson
                  .jr
                  .ob
                  .JSON
                  .std
                  .mapFrom(com.fasterxml.jackson.jr.ob.JSON.std.asString(now))
                  .get(key));
      if (!old.equals(current)) {
        throw new IOException(
            "The run in '%s' was made with other %s, so its results cannot be continued; start a new run"
                .formatted(directory.path(), key.equals("config") ? "settings" : "code or Java"));
      }
    }
  }

  private static boolean finished(RunDirectory directory, Map<String, @Nullable Object> line) {
    return line.get("stage") instanceof String stage
        && line.get("seed") instanceof Number seed
        && directory.has(StageFiles.name(stage, seed.longValue()));
  }
}
