package telos.irl;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import telos.nn.Gpt;
import telos.nn.Optimizer;
import telos.nn.format.Checkpoint;
import telos.nn.format.FormatException;
import telos.nn.format.Json;
import telos.nn.text.DemonstrationStream;
import telos.tensor.Tensor;
import telos.tensor.Tree;

/// What a fine-tuning run ([Sft#run]) has become: everything that its next step depends on, but for
/// the data, whose place is in the checkpoint too.
///
/// @param step how many steps were taken
/// @param average the exponential average of the models, if one is kept
/// @param guard what the losses were like
public record SftState(
    long step, Gpt model, Optimizer.State optimizer, Optional<Gpt> average, DivergenceGuard guard) {
  private static final int KEPT_CHECKPOINTS = 2;

  /// Before the first step.
  public static SftState init(Gpt model, Sft.Plan plan) {
    return new SftState(
        0,
        model,
        plan.optimizer().init(model, plan.moved()),
        plan.averageDecay() > 0 ? Optional.of(model) : Optional.empty(),
        DivergenceGuard.fresh());
  }

  /// The average, or else the model.
  public Gpt result() {
    return average.orElse(model);
  }

  /// Writes a checkpoint of everything; the newest two are kept.
  ///
  /// @param data where it goes on
  void save(Sft.Plan plan, DemonstrationStream data, Path directory) throws IOException {
    Map<String, Map<String, Tensor>> groups = new LinkedHashMap<>();
    groups.put("model", learnt(model, plan));
    groups.put("optimizer", Tree.leaves(optimizer));
    average.ifPresent(mean -> groups.put("average", learnt(mean, plan)));
    Map<String, Json> rest = new LinkedHashMap<>();
    rest.put("data", data.cursor());
    rest.put("guard", guard.json());
    new Checkpoint(step, groups, new Json.Obj(rest)).save(directory, KEPT_CHECKPOINTS);
  }

  /// What is frozen is in the model that the run began with.
  private static Map<String, Tensor> learnt(Gpt model, Sft.Plan plan) {
    Map<String, Tensor> leaves = new LinkedHashMap<>(Tree.leaves(model));
    leaves.keySet().removeIf(path -> !plan.moved().test(path));
    return leaves;
  }

  /// The state of the newest checkpoint that verifies, and the data where it was then; `fresh` when
  /// there is none.
  ///
  /// @param fresh from [#init] of the model that the run began with
  /// @throws FormatException when the checkpoint is of another run
  public static SftState resumed(
      SftState fresh, Sft.Plan plan, DemonstrationStream data, Path directory) throws IOException {
    Optional<Checkpoint> newest = Checkpoint.newest(directory);
    if (newest.isEmpty()) {
      return fresh;
    }
    Checkpoint checkpoint = newest.get();
    try {
      Optional<Gpt> average = fresh.average().map(mean -> with(mean, checkpoint.group("average")));
      SftState state =
          new SftState(
              checkpoint.step(),
              with(fresh.model(), checkpoint.group("model")),
              Tree.withLeaves(fresh.optimizer(), checkpoint.group("optimizer")),
              average,
              DivergenceGuard.of(checkpoint.state().at("guard")));
      if (checkpoint.state().at("data") instanceof Json.Obj cursor) {
        data.seek(cursor);
        return state;
      }
      throw new IllegalArgumentException("it has no data cursor");
    } catch (IllegalArgumentException e) {
      throw new FormatException(
          "%s: the checkpoint of step %d is not of this run: %s"
              .formatted(directory, checkpoint.step(), e.getMessage()),
          e);
    }
  }

  private static Gpt with(Gpt model, Map<String, Tensor> learnt) {
    Map<String, Tensor> leaves = new LinkedHashMap<>(Tree.leaves(model));
    leaves.putAll(learnt);
    return Tree.withLeaves(model, leaves);
  }
}
