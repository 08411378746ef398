package telos.rl.offline;

import java.util.List;
import java.util.Map;
import telos.autograd.Grad;
import telos.autograd.Loss;
import telos.nn.Activation;
import telos.nn.AdamW;
import telos.nn.Ema;
import telos.nn.Layer;
import telos.nn.Optimizer;
import telos.rl.ActionMasks;
import telos.rl.EpsilonGreedy;
import telos.rl.Hyperparameters;
import telos.rl.Learner;
import telos.rl.Networks;
import telos.rl.Policy;
import telos.rl.Snapshot;
import telos.rl.Transitions;
import telos.rl.offline.Updates.Update;
import telos.tensor.Rng;
import telos.tensor.Tensor;
import telos.tensor.fused.LogSumExp;

/// Conservative Q-learning (Kumar et al. 2020), CQL(H) on double Q-learning, for discrete actions:
/// the sum over all actions is exact. The authors' code has the term on quantile regression (for
/// Atari games), where this has it on double Q-learning.
public final class DiscreteCql implements Learner {
  /// Hyper-parameters; the weight is the authors' for a tenth of the data of an Atari game (for a
  /// hundredth 4), the sizes are ours.
  ///
  /// @param hidden widths of the hidden layers
  /// @param alpha weight of the conservative term
  /// @param discount gamma
  /// @param polyak tau, by which the target network follows
  /// @param standardise whether observations are
  /// @param rate of Adam
  /// @param batch steps in an update
  /// @param updates of an iteration
  public record Config(
      List<Integer> hidden,
      double alpha,
      double discount,
      double polyak,
      boolean standardise,
      double rate,
      int batch,
      int updates) {
    public Config {
      hidden = List.copyOf(hidden);
      new Hyperparameters("discrete-cql")
          .widths("hidden", hidden)
          .notNegative("alpha", alpha)
          .share("discount", discount)
          .part("polyak", polyak)
          .positive("rate", rate)
          .positive("batch", batch)
          .positive("updates", updates);
    }

    public static Config defaults() {
      return new Config(List.of(256, 256), 1, 0.99, 0.005, false, 3e-4, 256, 500);
    }
  }

  /// What is learnt.
  private record State(Optimizer.Step<ActionValues> values, ActionValues targets) {}

  private final Config config;
  private final int actions;
  private final Batches batches;
  private final Optimizer adam;
  private final Updates<State> updates;

  public DiscreteCql(Config config, Dataset data, Rng key) {
    this.config = config;
    UnitActions units = UnitActions.of(data.actions());
    if (!units.discrete()) {
      throw new IllegalArgumentException(
          "discrete-cql: it acts in discrete spaces, not in " + data.actions() + "; cql does");
    }
    actions = units.width();
    batches = Batches.of(data, config.discount(), config.batch());
    adam = AdamW.adam(config.rate());
    Networks networks = Networks.uniform(config.hidden(), Activation.RELU);
    Layer features = data.features(config.standardise());
    ActionValues values = ActionValues.of(1, data, features, networks, key.fold("values"));
    updates =
        new Updates<>(
            new State(new Optimizer.Step<>(values, adam.init(values)), Updates.target(values)),
            key.fold("updates"));
  }

  @Override
  public Map<String, Double> advance() {
    return updates.advance(
        config.updates(), (state, key) -> update(state, batches.draw(key.fold("batch"))));
  }

  private Update<State> update(State state, Transitions batch) {
    ActionValues values = state.values().model();
    Tensor targets = targets(values, state.targets(), batch);
    var step = Grad.valueAndGradWith(q -> loss(q, targets, batch), values);
    var next = adam.step(values, step.step().grad(), state.values().state());
    return new Update<>(
        new State(next, Ema.step(state.targets(), next.model(), 1 - config.polyak())),
        Map.of("loss", step.step().value(), "conservative_gap", step.aux().item()));
  }

  /// `r + gamma Q'(s', argmax Q(s', .))` (van Hasselt et al. 2016), of the sensible actions.
  private static Tensor targets(ActionValues values, ActionValues targets, Transitions batch) {
    Tensor best = batch.best(values.all(batch.next()).at(0, 0));
    return batch.rewards().add(batch.discounts().mul(targets.least(batch.next(), best)));
  }

  /// `(Q - y)^2 / 2 + alpha (log sum exp Q(s, .) - Q(s, a))` (eq. 4), the sum over the sensible
  /// actions; with the mean of that bracket.
  private Loss.With<Tensor> loss(ActionValues values, Tensor targets, Transitions batch) {
    Tensor q = values.of(batch.observations(), batch.actions());
    Tensor all = ActionMasks.of(values.all(batch.observations()).at(0, 0), batch.allowed());
    Tensor gap = new LogSumExp(all).result().unsqueeze(0).sub(q);
    Tensor error = q.sub(targets).square().mul(0.5);
    return ActionValues.sum(error.add(gap.mul(config.alpha()))).with(gap.mean().stopGradient());
  }

  /// Q of all actions, `[N, A]`.
  public Tensor values(Tensor observations) {
    return new Table(updates.state().values().model()).call(observations);
  }

  /// The values as a layer.
  private record Table(ActionValues values) implements Layer {
    @Override
    public Tensor call(Tensor observations) {
      return values.all(observations).at(0, 0);
    }
  }

  /// Of the highest value.
  @Override
  public Policy policy() {
    return new EpsilonGreedy<>(new Table(updates.state().values().model()), actions, 0);
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
