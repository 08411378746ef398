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
import telos.rl.AdvantageWeights;
import telos.rl.Categorical;
import telos.rl.Distribution;
import telos.rl.Hyperparameters;
import telos.rl.Learner;
import telos.rl.Networks;
import telos.rl.Policy;
import telos.rl.Snapshot;
import telos.rl.Transitions;
import telos.rl.offline.Updates.Update;
import telos.tensor.Rng;
import telos.tensor.Tensor;

/// Advantage-weighted actor-critic (Nair et al. 2020): the critics learn the values of the policy,
/// which imitates the recorded actions in proportion to their exponentiated advantages over its
/// own.
///
/// The weights are not divided by their sum over the batch, so that they depend on no batch; a
/// limit takes its place.
public final class Awac implements Learner {
  /// Hyper-parameters; the defaults are the paper's for locomotion.
  ///
  /// @param hidden widths of the hidden layers
  /// @param temperature lambda, by which advantages are divided
  /// @param limit the largest weight of an action
  /// @param discount gamma
  /// @param polyak tau, by which the target critics follow
  /// @param standardise whether observations are
  /// @param rate of Adam
  /// @param batch steps in an update
  /// @param updates of an iteration
  public record Config(
      List<Integer> hidden,
      double temperature,
      double limit,
      double discount,
      double polyak,
      boolean standardise,
      double rate,
      int batch,
      int updates) {
    public Config {
      hidden = List.copyOf(hidden);
      new Hyperparameters("awac")
          .widths("hidden", hidden)
          .positive("temperature", temperature)
          .positive("limit", limit)
          .share("discount", discount)
          .part("polyak", polyak)
          .positive("rate", rate)
          .positive("batch", batch)
          .positive("updates", updates);
    }

    public static Config defaults() {
      return new Config(List.of(256, 256), 1, 100, 0.99, 0.005, false, 3e-4, 1024, 500);
    }
  }

  /// What is learnt.
  private record State(
      Optimizer.Step<UnitActor> actor,
      Optimizer.Step<ActionValues> critics,
      ActionValues targets) {}

  private final Config config;
  private final UnitActions units;
  private final Optimizer adam;
  private final Batches batches;
  private final Updates<State> updates;

  public Awac(Config config, Dataset data, Rng key) {
    this.config = config;
    units = UnitActions.of(data.actions());
    batches = Batches.of(data, config.discount(), config.batch());
    adam = AdamW.adam(config.rate());
    Networks networks = Networks.uniform(config.hidden(), Activation.RELU);
    Layer features = data.features(config.standardise());
    UnitActor actor = UnitActor.of(data, features, networks, key.fold("actor"));
    ActionValues critics = ActionValues.of(2, data, features, networks, key.fold("critics"));
    updates =
        new Updates<>(
            new State(
                new Optimizer.Step<>(actor, adam.init(actor)),
                new Optimizer.Step<>(critics, adam.init(critics)),
                Updates.target(critics)),
            key.fold("updates"));
  }

  @Override
  public Map<String, Double> advance() {
    return updates.advance(
        config.updates(), (state, key) -> update(state, batches.draw(key.fold("batch")), key));
  }

  private Update<State> update(State state, Transitions batch, Rng key) {
    Tensor next = value(state.targets(), state.actor().model(), batch.next(), key.fold("next"));
    Tensor targets = batch.rewards().add(batch.discounts().mul(next));
    var critic =
        Grad.valueAndGrad(
            q -> q.error(batch.observations(), batch.actions(), targets), state.critics().model());
    var critics = adam.step(state.critics().model(), critic.grad(), state.critics().state());

    Tensor own =
        value(critics.model(), state.actor().model(), batch.observations(), key.fold("own"));
    Tensor advantages = critics.model().least(batch.observations(), batch.actions()).sub(own);
    var step = Grad.valueAndGrad(pi -> actorLoss(pi, advantages, batch), state.actor().model());
    var actor = adam.step(state.actor().model(), step.grad(), state.actor().state());

    ActionValues following = Ema.step(state.targets(), critics.model(), 1 - config.polyak());
    return new Update<>(
        new State(actor, critics, following),
        Map.of(
            "critic_loss", critic.value(),
            "actor_loss", step.value(),
            "value", own.mean().item()));
  }

  /// `E min Q(s, a)`, a of the policy: exact for discrete actions, else of one draw; `[B]`.
  private static Tensor value(ActionValues critics, UnitActor actor, Tensor observations, Rng key) {
    Distribution policy = actor.of(observations);
    return policy instanceof Categorical categorical
        ? categorical.logProbs().exp().mul(critics.all(observations).min(0)).sum(-1)
        : critics.least(observations, policy.sample(key));
  }

  /// `-exp(A / lambda) log pi(a | s)`, the policy's step of algorithm 1.
  private Loss actorLoss(UnitActor actor, Tensor advantages, Transitions batch) {
    Tensor weights = AdvantageWeights.exponential(advantages, config.temperature(), config.limit());
    Tensor logProb = actor.of(batch.observations()).logProb(batch.actions());
    return Losses.mean(logProb.mul(weights).neg());
  }

  @Override
  public Policy policy() {
    return units.outward(new Policy.Memoryless<>(updates.state().actor().model(), UnitActor::of));
  }

  @Override
  public long interactions() {
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
