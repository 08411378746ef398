package telos.rl.offline;

import java.util.List;
import java.util.Map;
import telos.autograd.Grad;
import telos.autograd.Loss;
import telos.nn.Activation;
import telos.nn.AdamW;
import telos.nn.Ema;
import telos.nn.Layer;
import telos.nn.Losses;
import telos.nn.Optimizer;
import telos.nn.Schedule;
import telos.nn.Sequential;
import telos.rl.AdvantageWeights;
import telos.rl.Expectile;
import telos.rl.Hyperparameters;
import telos.rl.Learner;
import telos.rl.Networks;
import telos.rl.Policy;
import telos.rl.Snapshot;
import telos.rl.Transitions;
import telos.rl.offline.Updates.Update;
import telos.tensor.Rng;
import telos.tensor.Tensor;

/// Implicit Q-learning (Kostrikov et al. 2022): the value of a state is an upper expectile of the
/// values of the actions that were recorded there, so that no other action is ever asked about; the
/// policy imitates those that were better than that.
///
/// The order of the updates, the policy (a Gaussian around a squashed mean, scales independent of
/// the state in `[e^-5, e^2]`), the orthogonal weights and the limit of the weights are those of
/// the authors' code.
public final class Iql implements Learner {
  /// Hyper-parameters; the defaults are those of the authors' `configs/mujoco_config.py` and
  /// `train_offline.py`. For AntMaze they have an expectile of 0.9, a temperature of 0.1 and
  /// rewards less 1, unscaled.
  ///
  /// @param hidden widths of the hidden layers
  /// @param expectile tau, which expectile the value is; 0.5 values the recorded policy, towards 1
  ///   the best recorded actions
  /// @param temperature 1 / beta, by which advantages are divided; their beta is 3
  /// @param limit the largest weight of an action
  /// @param discount gamma
  /// @param polyak alpha, by which the target critics follow
  /// @param scale whether rewards are scaled to returns that span 1000, as theirs of locomotion
  /// @param standardise whether observations are
  /// @param rate of Adam
  /// @param actorUpdates over which the rate of the actor falls to zero, as half a cosine: theirs
  ///   are the whole run
  /// @param batch steps in an update
  /// @param updates of an iteration
  public record Config(
      List<Integer> hidden,
      double expectile,
      double temperature,
      double limit,
      double discount,
      double polyak,
      boolean scale,
      boolean standardise,
      double rate,
      int actorUpdates,
      int batch,
      int updates) {
    public Config {
      hidden = List.copyOf(hidden);
      new Hyperparameters("iql")
          .widths("hidden", hidden)
          .inside("expectile", expectile)
          .positive("temperature", temperature)
          .positive("limit", limit)
          .share("discount", discount)
          .part("polyak", polyak)
          .positive("rate", rate)
          .positive("actorUpdates", (double) actorUpdates)
          .positive("batch", batch)
          .positive("updates", updates);
    }

    public static Config defaults() {
      return new Config(
          List.of(256, 256),
          0.7,
          1.0 / 3,
          100,
          0.99,
          0.005,
          true,
          false,
          3e-4,
          1_000_000,
          256,
          500);
    }
  }

  /// What is learnt.
  ///
  /// @param value V
  /// @param critics Q, two of them
  /// @param targets Q', which follow
  private record State(
      Optimizer.Step<Layer> value,
      Optimizer.Step<UnitActor> actor,
      Optimizer.Step<ActionValues> critics,
      ActionValues targets) {}

  private final Config config;
  private final UnitActions units;
  private final Optimizer adam;
  private final Optimizer actorAdam;
  private final Batches batches;
  private final Updates<State> updates;

  public Iql(Config config, Dataset data, Rng key) {
    this.config = config;
    units = UnitActions.of(data.actions());
    batches = Batches.of(config.scale() ? data.scaled() : data, config.discount(), config.batch());
    adam = AdamW.adam(config.rate());
    actorAdam =
        AdamW.adam(config.rate())
            .withRate(Schedule.warmupCosine(config.rate(), 0, 0, config.actorUpdates()));
    Networks networks = Networks.orthogonal(config.hidden(), Activation.RELU, Math.sqrt(2));
    Layer features = data.features(config.standardise());
    Layer value = Sequential.of(features, networks.mlp(data.width(), 1, key.fold("value")));
    UnitActor actor = UnitActor.of(data, features, networks, key.fold("actor"));
    ActionValues critics = ActionValues.of(2, data, features, networks, key.fold("critics"));
    updates =
        new Updates<>(
            new State(
                new Optimizer.Step<>(value, adam.init(value)),
                new Optimizer.Step<>(actor, actorAdam.init(actor)),
                new Optimizer.Step<>(critics, adam.init(critics)),
                Updates.target(critics)),
            key.fold("updates"));
  }

  @Override
  public Map<String, Double> advance() {
    return updates.advance(
        config.updates(), (state, key) -> update(state, batches.draw(key.fold("batch"))));
  }

  private Update<State> update(State state, Transitions batch) {
    Tensor q = state.targets().least(batch.observations(), batch.actions());
    var value = Grad.valueAndGrad(v -> valueLoss(v, q, batch), state.value().model());
    var values = adam.step(state.value().model(), value.grad(), state.value().state());

    Tensor advantages = q.sub(value(values.model(), batch.observations()));
    var pi = Grad.valueAndGrad(a -> actorLoss(a, advantages, batch), state.actor().model());
    var actor = actorAdam.step(state.actor().model(), pi.grad(), state.actor().state());

    Tensor next = value(values.model(), batch.next());
    Tensor targets = batch.rewards().add(batch.discounts().mul(next));
    var critic =
        Grad.valueAndGrad(
            c -> c.error(batch.observations(), batch.actions(), targets), state.critics().model());
    var critics = adam.step(state.critics().model(), critic.grad(), state.critics().state());

    ActionValues following = Ema.step(state.targets(), critics.model(), 1 - config.polyak());
    return new Update<>(
        new State(values, actor, critics, following),
        Map.of(
            "value_loss", value.value(),
            "actor_loss", pi.value(),
            "critic_loss", critic.value(),
            "value", next.mean().item()));
  }

  private static Tensor value(Layer value, Tensor observations) {
    return value.call(observations).squeeze(-1);
  }

  /// `L2^tau(Q'(s, a) - V(s))` (eq. 5).
  private Loss valueLoss(Layer value, Tensor q, Transitions batch) {
    Tensor difference = q.sub(value(value, batch.observations()));
    return Losses.mean(Expectile.loss(difference, config.expectile()));
  }

  /// `-exp(beta (Q' - V)) log pi(a | s)` (eq. 7).
  private Loss actorLoss(UnitActor actor, Tensor advantages, Transitions batch) {
    Tensor weights = AdvantageWeights.exponential(advantages, config.temperature(), config.limit());
    Tensor logProb = actor.of(batch.observations()).logProb(batch.actions());
    return Losses.mean(logProb.mul(weights).neg());
  }

  /// V of observations, `[N]`.
  public Tensor values(Tensor observations) {
    return value(updates.state().value().model(), observations);
  }

  @Override
  public Policy policy() {
    return units.outward(new Policy.Memoryless<>(updates.state().actor().model(), UnitActor::of));
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
