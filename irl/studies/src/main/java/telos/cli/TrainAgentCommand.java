package telos.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import telos.agent.AgentFiles;
import telos.agent.AgentPlan;
import telos.agent.AgentTraining;
import telos.agent.Algorithm;
import telos.agent.Algorithms;
import telos.report.Report;
import telos.study.Interval;
import telos.study.MetricsLog;
import telos.study.Progress;
import telos.study.RunDirectory;
import telos.study.SeedFailure;
import telos.study.Seeds;
import telos.study.StopSignal;
import telos.study.Stopped;
import telos.study.Versions;

/// Trains an agent by one of [Algorithms]: `train NAME` for each of them.
@Command
final class TrainAgentCommand implements Callable<Integer> {
  private static final int INTERRUPTED = 130;

  private final Algorithm<?> algorithm;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--env",
      paramLabel = "NAME",
      description = "The environment; 'telos environments' lists them.")
  private @Nullable String environment;

  @Option(
      names = "--data",
      paramLabel = "PATH",
      description = {
        "What was recorded, for algorithms that learn from that: a directory of Minari, an .hdf5"
            + " file of D4RL, or a file of 'telos rollout'; may be repeated."
      })
  private List<String> data = List.of();

  @Option(
      names = "--steps",
      defaultValue = "100000",
      description = {
        "Steps in the environment, or of gradient descent on recorded data, for each seed"
            + " (${DEFAULT-VALUE})."
      })
  private long steps;

  @Option(names = "--seed", defaultValue = "0", description = "The first seed (${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--seeds",
      defaultValue = "1",
      description = "How many seeds, counted up from the first (${DEFAULT-VALUE}).")
  private int seeds;

  @Option(
      names = "--episodes",
      defaultValue = "10",
      description = "Episodes of each evaluation (${DEFAULT-VALUE}).")
  private int episodes;

  @Option(
      names = "--set",
      paramLabel = "NAME=VALUE",
      description = "Change a setting of the algorithm; may be repeated.")
  private Map<String, String> settings = new LinkedHashMap<>();

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where to write; runs/NAME-TIME by default.")
  private @Nullable Path out;

  @Option(
      names = "--resume",
      paramLabel = "DIR",
      description = "Go on with the run in this directory.")
  private @Nullable Path resume;

  private TrainAgentCommand(Algorithm<?> algorithm) {
    this.algorithm = algorithm;
  }

  /// Adds a command for each algorithm.
  static void addTo(CommandLine train) {
    for (Algorithm<?> algorithm : Algorithms.all()) {
      var line = new CommandLine(new TrainAgentCommand(algorithm));
      line.getCommandSpec().usageMessage().description(algorithm.description());
      line.getCommandSpec().usageMessage().footer(algorithm.settings());
      train.addSubcommand(algorithm.name(), line);
    }
  }

  @Override
  public Integer call() throws Exception {
    if (resume != null) {
      RunDirectory run = RunDirectory.open(resume);
      AgentPlan plan = AgentPlan.of(run);
      requireSame(plan);
      keepWhatIsSaved(run, plan);
      return train(run, plan);
    }
    if (environment == null) {
      throw new ParameterException(
          spec.commandLine(), "Which environment? Give --env NAME, or --resume DIR");
    }
    AgentPlan plan = plan(environment);
    Path directory = out == null ? StudyRunCommand.fresh(algorithm.name()) : out;
    return train(RunDirectory.create(directory, header(plan)), plan);
  }

  private void requireSame(AgentPlan plan) {
    if (!plan.algorithm().equals(algorithm.name())) {
      throw new ParameterException(
          spec.commandLine(),
          "'%s' is a run of %s; go on with: telos train %s --resume %s"
              .formatted(resume, plan.algorithm(), plan.algorithm(), resume));
    }
  }

  private AgentPlan plan(String name) {
    try {
      Record config = algorithm.config(name, steps, settings);
      return new AgentPlan(algorithm.name(), name, data, config, steps, seed, seeds, episodes);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
  }

  private static Map<String, @Nullable Object> header(AgentPlan plan) {
    var run = new LinkedHashMap<String, @Nullable Object>(plan.header());
    run.put("versions", Versions.current());
    run.put("started", Instant.now().toString());
    return run;
  }

  /// Drops the metrics of what will be learnt again.
  private static void keepWhatIsSaved(RunDirectory run, AgentPlan plan) throws IOException {
    Map<Long, Long> saved = new LinkedHashMap<>();
    for (long each : plan.all()) {
      saved.put(each, new AgentFiles(run, each).saved());
    }
    run.keepMetrics(line ->
        line.get("seed") instanceof Number own
            && line.get("step") instanceof Number step
            && step.longValue() <= saved.getOrDefault(own.longValue(), 0L));
  }

  private Integer train(RunDirectory run, AgentPlan plan) throws Exception {
    var stop = new StopSignal();
    PrintWriter err = spec.commandLine().getErr();
    String advice =
        "Go on with: telos train %s --resume %s".formatted(plan.algorithm(), run.path());
    List<AgentTraining.Result> results;
    long before = System.nanoTime();
    try (var _ = new Interruption(stop, err, advice);
        MetricsLog metrics = run.metrics(new EventFiles(run))) {
      results = seeds(run, plan, metrics, stop);
    } catch (Stopped e) {
      return INTERRUPTED;
    }
    double seconds = (System.nanoTime() - before) / 1e9;
    print(plan, results, seconds, Report.write(run));
    return 0;
  }

  private static List<AgentTraining.Result> seeds(
      RunDirectory run, AgentPlan plan, MetricsLog metrics, StopSignal stop) throws SeedFailure {
    var taken = new ConcurrentHashMap<Long, Long>();
    try (Progress.Stage bar = Progress.standard().stage("train " + plan.algorithm())) {
      return new Seeds(Environment.threads(), new SingleThread(), stop)
          .run(
              "train",
              plan.all(),
              own ->
                  new AgentTraining(plan, new AgentFiles(run, own), metrics, stop)
                      .run(steps -> {
                        taken.put(own, steps);
                        long all = taken.values().stream().mapToLong(Long::longValue).sum();
                        bar.update(all, plan.steps() * plan.seeds());
                      }));
    }
  }

  private void print(
      AgentPlan plan, List<AgentTraining.Result> results, double seconds, Path report) {
    PrintWriter console = spec.commandLine().getOut();
    for (int i = 0; i < results.size(); i++) {
      console.printf(
          Locale.ROOT,
          "seed %d: return %.2f at the end, %.2f at best (means of %d episodes)%n",
          plan.all().get(i),
          results.get(i).last(),
          results.get(i).best(),
          plan.episodes());
    }
    if (results.size() > 1) {
      double[] last = results.stream().mapToDouble(AgentTraining.Result::last).toArray();
      Interval interval = Interval.student(last);
      console.printf(
          Locale.ROOT,
          "mean of the seeds: %.2f [%.2f, %.2f]%n",
          interval.estimate(),
          interval.low(),
          interval.high());
    }
    console.printf(Locale.ROOT, "%.0f s%nReport: %s%n", seconds, report);
    console.flush();
  }
}
