package telos.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import telos.agent.AgentFiles;
import telos.agent.AgentPlan;
import telos.nn.format.Json;
import telos.rl.Trajectory;
import telos.rl.data.Collect;
import telos.rl.data.Episodes;
import telos.rl.data.Header;
import telos.rl.data.Minari;
import telos.rl.data.MinariWriter;
import telos.rl.data.RecordWriter;
import telos.rl.environment.Environment;
import telos.rl.environment.Environments;
import telos.study.RunDirectory;
import telos.study.Versions;

/// Records what agents do.
@Command(
    name = "rollout",
    description = {
      "Lets the agent of a training run, or chance, act, and records whole episodes: data to learn",
      "from with 'telos train iql --data' and its like."
    })
final class RolloutCommand implements Callable<Integer> {
  private static final int TOGETHER = 16;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(arity = "0..1", paramLabel = "DIR", description = "The directory of a training run.")
  private @Nullable Path directory;

  @Option(
      names = "--random",
      paramLabel = "NAME",
      description = "Instead of an agent, chance acts in this environment.")
  private @Nullable String random;

  @Option(
      names = "--replay",
      description = {
        "Nobody acts, and --steps and --policy do not matter: recorded is what the newest checkpoint",
        "remembers of the training, the replay buffer of an off-policy actor-critic."
      })
  private boolean replay;

  @Mixin private PolicyOptions policies = new PolicyOptions();

  @Option(
      names = "--seed",
      description = "Whose agent, of a run of several seeds; the first by default.")
  private @Nullable Long seed;

  @Option(
      names = "--steps",
      defaultValue = "10000",
      description = "So many at least, to the end of the last episode (${DEFAULT-VALUE}).")
  private long steps;

  @Option(
      names = "--source",
      paramLabel = "WORD",
      description = "What to call the agent in the recording, such as medium or expert.")
  private @Nullable String source;

  @ArgGroup(exclusive = true, multiplicity = "1")
  private Target target = new Target();

  /// Where it goes.
  private static final class Target {
    @Option(
        names = "--out",
        paramLabel = "FILE",
        description = "A file of telos' own records; what is there already is added to.")
    private @Nullable Path out;

    @Option(
        names = "--minari",
        paramLabel = "ID",
        description = {
          "A dataset of Minari, such as telos/hopper/medium-v0, below MINARI_DATASETS_PATH or"
              + " ~/.minari/datasets."
        })
    private @Nullable String minari;
  }

  /// Gives its episodes away.
  private interface Actor {
    /// @return how many steps they have together
    long into(Episodes.Sink sink, Header header) throws IOException;
  }

  /// Who acts, or acted, and where.
  private record Acting(Actor actor, String environment, Json.Obj provenance) {}

  @Override
  public Integer call() throws Exception {
    if ((directory == null) == (random == null)) {
      throw new ParameterException(
          spec.commandLine(), "Who acts? Give the directory of a run, or --random NAME");
    }
    if (replay && directory == null) {
      throw new ParameterException(
          spec.commandLine(), "--replay needs the directory of a run, chance remembers nothing");
    }
    Acting acting = directory == null ? chance(String.valueOf(random)) : agent(directory);
    Header header;
    try (Environment<?, ?> sample = Environments.of(acting.environment())) {
      header = Collect.header(sample, acting.provenance());
    }
    write(acting, header);
    return 0;
  }

  private Acting chance(String environment) {
    try (Environment<?, ?> sample = Environments.of(environment)) {
      return new Acting(
          acting(Collect.random(sample.actions(), TOGETHER), environment),
          environment,
          provenance(environment, "random"));
    }
  }

  private Acting agent(Path run) throws IOException {
    RunDirectory trained = RunDirectory.open(run);
    AgentPlan plan = AgentPlan.of(trained);
    long own = seed == null ? plan.seed() : seed;
    String word = source == null ? plan.algorithm() : source;
    Actor actor =
        replay
            ? remembered(new AgentFiles(trained, own).remembered(plan), word)
            : acting(
                new Collect(word, policies.policy(trained, plan, own), TOGETHER),
                plan.environment());
    return new Acting(actor, plan.environment(), provenance(plan.environment(), plan.algorithm()));
  }

  private Actor acting(Collect collect, String environment) {
    return (sink, _) ->
        collect.into(sink, AgentPlan.environments(environment), steps, policies.key());
  }

  private static Actor remembered(List<Trajectory> episodes, String word) {
    return (sink, header) -> {
      long taken = 0;
      for (Trajectory episode : episodes) {
        sink.accept(header.episode(episode, word));
        taken += episode.length();
      }
      return taken;
    };
  }

  private Json.Obj provenance(String environment, String algorithm) {
    Map<String, Json> fields = new LinkedHashMap<>();
    fields.put("environment", Json.of(environment));
    fields.put("algorithm", Json.of(algorithm));
    fields.put("telos", Json.of(Versions.telos()));
    return new Json.Obj(fields);
  }

  private void write(Acting acting, Header header) throws IOException {
    if (target.minari == null) {
      Path file = Objects.requireNonNull(target.out);
      boolean there = Files.exists(file);
      try (var writer = there ? RecordWriter.append(file) : RecordWriter.create(file, header)) {
        say(acting.actor().into(writer, header), file.toString());
      }
      return;
    }
    try (var writer = MinariWriter.create(Minari.root(), target.minari, header)) {
      long taken = acting.actor().into(writer, header);
      writer.finish();
      say(taken, target.minari);
    }
  }

  private void say(long taken, String where) {
    PrintWriter out = spec.commandLine().getOut();
    out.printf(Locale.ROOT, "%d steps recorded in %s%n", taken, where);
    out.flush();
  }
}
