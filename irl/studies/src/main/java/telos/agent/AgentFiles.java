package telos.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import telos.nn.format.Checkpoint;
import telos.nn.format.Json;
import telos.nn.format.SafeTensors;
import telos.rl.Learner;
import telos.rl.Policy;
import telos.rl.Snapshot;
import telos.rl.Trajectory;
import telos.study.RunDirectory;
import telos.tensor.Rng;
import telos.tensor.Tree;

/// What the training of one seed leaves in the directory of a run: `checkpoints/seed-N`, to go on
/// from, and `policies/seed-N-best.safetensors` and `-last`, to act with.
///
/// @param run the directory
/// @param seed N
public record AgentFiles(RunDirectory run, long seed) {
  private static final int KEPT_CHECKPOINTS = 2;

  /// Which policy of a run.
  public enum Kind {
    /// The one with the best evaluation, the earliest of equals.
    BEST,
    /// The one at the end, so far.
    LAST
  }

  /// Where a training stood.
  ///
  /// @param learner everything that its next iteration depends on
  /// @param best mean return of the best evaluation so far, negative infinity before the first
  record Position(Snapshot learner, double best) {}

  private Path checkpoints() {
    return run.path().resolve("checkpoints").resolve("seed-" + seed);
  }

  private Path policy(Kind kind) {
    String name = "seed-%d-%s.safetensors".formatted(seed, kind == Kind.BEST ? "best" : "last");
    return run.path().resolve("policies").resolve(name);
  }

  /// Writes a checkpoint; the newest two are kept.
  void save(long step, Position position) throws IOException {
    Map<String, Json> counters = new LinkedHashMap<>();
    position.learner().counters().forEach((name, values) -> counters.put(name, digits(values)));
    var state =
        new Json.Obj(
            Map.of(
                "counters",
                new Json.Obj(counters),
                "best",
                new Json.Str(Double.toString(position.best()))));
    new Checkpoint(step, Map.of("learner", position.learner().tensors()), state)
        .save(checkpoints(), KEPT_CHECKPOINTS);
  }

  private static Json digits(long[] values) {
    return Json.of(Arrays.stream(values).boxed().toList());
  }

  /// The newest whole checkpoint, if there is one.
  Optional<Position> newest() throws IOException {
    return Checkpoint.newest(checkpoints()).map(this::position);
  }

  /// What the learner of the newest checkpoint remembers of its own acting.
  ///
  /// @throws IOException when there is no checkpoint, or nothing of the kind in it
  public List<Trajectory> remembered(AgentPlan plan) throws IOException {
    Position position =
        newest()
            .orElseThrow(() ->
                new IOException("'%s' has no checkpoint of seed %d".formatted(run.path(), seed)));
    try (Learner learner = plan.learner(Rng.of(seed))) {
      learner.restore(position.learner());
      List<Trajectory> remembered = learner.remembered();
      if (remembered.isEmpty()) {
        throw new IOException(
            "'%s': %s remembers no episodes as they happened; off-policy actor-critics without hindsight do"
                .formatted(run.path(), plan.algorithm()));
      }
      return remembered;
    }
  }

  /// How many steps the newest checkpoint has behind it, 0 without one.
  public long saved() throws IOException {
    return Checkpoint.newest(checkpoints()).map(Checkpoint::step).orElse(0L);
  }

  private Position position(Checkpoint checkpoint) {
    Map<String, long[]> counters = new LinkedHashMap<>();
    if (checkpoint.state().at("counters") instanceof Json.Obj all) {
      all.fields().forEach((name, values) -> counters.put(name, numbers(values)));
    }
    double best =
        checkpoint.state().at("best") instanceof Json.Str text
            ? Double.parseDouble(text.value())
            : Double.NEGATIVE_INFINITY;
    return new Position(new Snapshot(checkpoint.group("learner"), counters), best);
  }

  private static long[] numbers(Json values) {
    List<Json> items = values instanceof Json.Arr array ? array.items() : List.of();
    return items.stream()
        .mapToLong(item -> item instanceof Json.Num number ? Long.parseLong(number.digits()) : 0)
        .toArray();
  }

  /// Writes a policy, over the one there was.
  void save(Kind kind, Policy policy) throws IOException {
    Path file = policy(kind);
    Files.createDirectories(file.getParent());
    SafeTensors.write(file, Tree.leaves(policy));
  }

  /// Reads a policy.
  ///
  /// @throws IOException when there is none, or one of another configuration
  public Policy policy(Kind kind, AgentPlan plan) throws IOException {
    Path file = policy(kind);
    if (!Files.isRegularFile(file)) {
      throw new IOException("'%s' does not exist; the run has no policy yet".formatted(file));
    }
    try (Learner fresh = plan.empty()) {
      return Tree.withLeaves(fresh.policy(), SafeTensors.read(file));
    } catch (IllegalArgumentException e) {
      throw new IOException("%s does not fit run.json: %s".formatted(file, e.getMessage()), e);
    }
  }
}
