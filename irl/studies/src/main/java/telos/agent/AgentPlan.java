package telos.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import telos.rl.Learner;
import telos.rl.environment.Environment;
import telos.study.Canonical;
import telos.study.RunDirectory;
import telos.tensor.Rng;

/// Everything that decides the result of a training run.
///
/// @param algorithm its name
/// @param environment its name
/// @param data paths of what was recorded, of algorithms that learn from that
/// @param config the algorithm's
/// @param steps of environments, or of gradient descent on recorded data; for each seed
/// @param seed the first
/// @param seeds how many, counted up from the first
/// @param episodes of each evaluation
public record AgentPlan(
    String algorithm,
    String environment,
    List<String> data,
    Record config,
    long steps,
    long seed,
    int seeds,
    int episodes) {
  /// What `run.json` calls such a run.
  public static final String COMMAND = "train agent";

  public AgentPlan {
    requirePositive("steps", steps);
    requirePositive("seeds", seeds);
    requirePositive("episodes", episodes);
    data = List.copyOf(data);
    if (Algorithms.of(algorithm).offline() == data.isEmpty()) {
      throw new IllegalArgumentException(
          data.isEmpty()
              ? algorithm + " learns from what was recorded: give --data PATH"
              : algorithm + " learns by acting, not from --data");
    }
  }

  private static void requirePositive(String what, long value) {
    if (value < 1) {
      throw new IllegalArgumentException("--" + what + " must be at least 1, not " + value);
    }
  }

  /// The seeds in order.
  public List<Long> all() {
    return LongStream.range(seed, seed + seeds).boxed().toList();
  }

  /// Makes fresh environments.
  public Supplier<Environment<Object, Object>> environments() {
    return environments(environment);
  }

  /// Makes fresh environments of a name.
  public static Supplier<Environment<Object, Object>> environments(String name) {
    return Algorithm.environments(name);
  }

  /// A learner that has learnt nothing yet.
  ///
  /// @throws IOException when its data cannot be read
  Learner learner(Rng key) throws IOException {
    var recorded = Recordings.of(data.stream().map(Path::of).toList(), environment);
    return Algorithms.of(algorithm).learner(config, environment, () -> recorded, key);
  }

  /// A learner to load a policy into, which sees no data.
  Learner empty() {
    return Algorithms.of(algorithm)
        .learner(config, environment, () -> Recordings.none(environment), Rng.of(0));
  }

  /// As plain data.
  public Map<String, @Nullable Object> header() {
    var data = new LinkedHashMap<String, @Nullable Object>();
    data.put("command", COMMAND);
    data.put("algorithm", algorithm);
    data.put("environment", environment);
    data.put("steps", steps);
    data.put("seed", seed);
    data.put("seeds", seeds);
    data.put("episodes", episodes);
    data.put("data", this.data);
    data.put("config", Canonical.map(config));
    return data;
  }

  /// Whether a directory is the run of an agent's training.
  public static boolean isOf(Path directory) throws IOException {
    return Files.isRegularFile(directory.resolve("run.json"))
        && COMMAND.equals(RunDirectory.open(directory).run().get("command"));
  }

  /// The plan of an earlier run.
  public static AgentPlan of(RunDirectory run) throws IOException {
    Map<String, @Nullable Object> data = run.run();
    if (!COMMAND.equals(data.get("command")) || !(data.get("config") instanceof Map<?, ?> config)) {
      throw new IOException("'%s' is not the run of an agent's training".formatted(run.path()));
    }
    try {
      Algorithm<?> algorithm = Algorithms.of(String.valueOf(data.get("algorithm")));
      String environment = String.valueOf(data.get("environment"));
      return new AgentPlan(
          algorithm.name(),
          environment,
          data.get("data") instanceof List<?> paths
              ? paths.stream().map(String::valueOf).toList()
              : List.of(),
          config(algorithm, environment, number(data, "steps"), config),
          number(data, "steps"),
          number(data, "seed"),
          (int) number(data, "seeds"),
          (int) number(data, "episodes"));
    } catch (IllegalArgumentException e) {
      throw new IOException("%s: run.json: %s".formatted(run.path(), e.getMessage()), e);
    }
  }

  private static Record config(
      Algorithm<?> algorithm, String environment, long steps, Map<?, ?> saved) {
    Map<String, String> texts =
        saved.entrySet().stream()
            .collect(
                Collectors.toMap(
                    entry -> String.valueOf(entry.getKey()),
                    entry -> String.valueOf(entry.getValue())));
    return algorithm.config(environment, steps, texts);
  }

  private static long number(Map<String, @Nullable Object> data, String name) {
    if (data.get(name) instanceof Number number) {
      return number.longValue();
    }
    throw new IllegalArgumentException("it has no number '" + name + "'");
  }
}
