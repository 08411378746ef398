package telos.rl.offline;

import java.util.List;
import java.util.Map;
import telos.autograd.Grad;
import telos.autograd.Loss;
import telos.nn.Activation;
import telos.nn.AdamW;
import telos.nn.Losses;
import telos.nn.Optimizer;
import telos.rl.Hyperparameters;
import telos.rl.Learner;
import telos.rl.Networks;
import telos.rl.Policy;
import telos.rl.Snapshot;
import telos.rl.Transitions;
import telos.rl.offline.Updates.Update;
import telos.tensor.Rng;

/// Behaviour cloning (Pomerleau 1989): the policy that most likely does what was recorded, rewards
/// unseen. Of the best trajectories only it is filtered behaviour cloning, "%BC" of Chen et al.
/// 2021.
public final class BehaviourCloning implements Learner {
  /// What is minimised.
  public enum Objective {
    /// `-log pi(a | s)`.
    LIKELIHOOD,
    /// `(mean of pi(s) - a)^2` over each number of an action, which bounds lie 2 apart: a policy
    /// without chance, for boxes.
    SQUARED_ERROR
  }

  /// Hyper-parameters; the defaults are the sizes and rates of TD3+BC, so that the two compare.
  ///
  /// @param hidden widths of the hidden layers
  /// @param objective what is minimised
  /// @param best the share of trajectories, by return, that is imitated; 1 for all
  /// @param standardise whether observations are
  /// @param rate of Adam
  /// @param batch steps in an update
  /// @param updates of an iteration
  public record Config(
      List<Integer> hidden,
      Objective objective,
      double best,
      boolean standardise,
      double rate,
      int batch,
      int updates) {
    public Config {
      hidden = List.copyOf(hidden);
      new Hyperparameters("bc")
          .widths("hidden", hidden)
          .part("best", best)
          .positive("rate", rate)
          .positive("batch", batch)
          .positive("updates", updates);
    }

    public static Config defaults() {
      return new Config(List.of(256, 256), Objective.LIKELIHOOD, 1, true, 3e-4, 256, 500);
    }
  }

  private final Config config;
  private final UnitActions units;
  private final Optimizer adam;
  private final Batches batches;
  private final Updates<Optimizer.Step<UnitActor>> updates;

  public BehaviourCloning(Config config, Dataset data, Rng key) {
    this.config = config;
    units = UnitActions.of(data.actions());
    if (units.discrete() && config.objective() == Objective.SQUARED_ERROR) {
      throw new IllegalArgumentException(
          "bc: objective SQUARED_ERROR is for boxes, not for " + data.actions());
    }
    Dataset imitated = data.best(config.best());
    batches = Batches.of(imitated, 1, config.batch());
    adam = AdamW.adam(config.rate());
    Networks networks = Networks.uniform(config.hidden(), Activation.RELU);
    UnitActor actor =
        UnitActor.of(data, imitated.features(config.standardise()), networks, key.fold("actor"));
    updates = new Updates<>(new Optimizer.Step<>(actor, adam.init(actor)), key.fold("updates"));
  }

  @Override
  public Map<String, Double> advance() {
    return updates.advance(
        config.updates(), (actor, key) -> update(actor, batches.draw(key.fold("batch"))));
  }

  private Update<Optimizer.Step<UnitActor>> update(
      Optimizer.Step<UnitActor> actor, Transitions batch) {
    var step = Grad.valueAndGrad(pi -> loss(pi, batch), actor.model());
    return new Update<>(
        adam.step(actor.model(), step.grad(), actor.state()), Map.of("loss", step.value()));
  }

  private Loss loss(UnitActor actor, Transitions batch) {
    var distribution = actor.of(batch.observations());
    return switch (config.objective()) {
      case LIKELIHOOD -> Losses.mean(distribution.logProb(batch.actions()).neg());
      case SQUARED_ERROR -> Losses.meanSquaredError(distribution.mode(), batch.actions());
    };
  }

  @Override
  public Policy policy() {
    Policy policy = units.outward(new Policy.Memoryless<>(updates.state().model(), UnitActor::of));
    return config.objective() == Objective.SQUARED_ERROR ? policy.greedy() : policy;
  }

  @Override
  public long steps() {
    return updates.count();
  }

  @Override
  public Snapshot snapshot() {
    return updates.snapshot();
  }

  @Override
  public void restore(Snapshot snapshot) {
    updates.restore(snapshot);
  }
}
