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
/// As in the authors' code (`awac_trainer.py` of rlkit) the weights of a batch are its softmax, in
/// place of the unknown normaliser Z(s), and the policy is a Gaussian around a squashed mean with
/// scales that do not depend on the state. Theirs are kept within `[e^-6, 1]` by a sigmoid, ours
/// within `[e^-5, e^2]`; their weight decay is part of Adam's gradient, ours decoupled.
public final class Awac implements Learner {
  /// Hyper-parameters; the defaults are those of the authors' `examples/awac/mujoco/awac1.py`,
  /// whose temperature is 2 where their hands have 0.5.
  ///
  /// @param actorHidden widths of the hidden layers of the policy
  /// @param criticHidden widths of those of the critics
  /// @param temperature lambda, by which advantages are divided
  /// @param discount gamma
  /// @param polyak tau, by which the target critics follow
  /// @param standardise whether observations are
  /// @param rate of Adam
  /// @param weightDecay of the policy's matrices
  /// @param batch steps in an update
  /// @param updates of an iteration
  public record Config(
      List<Integer> actorHidden,
      List<Integer> criticHidden,
      double temperature,
      double discount,
      double polyak,
      boolean standardise,
      double rate,
      double weightDecay,
      int batch,
      int updates) {
    public Config {
      actorHidden = List.copyOf(actorHidden);
      criticHidden = List.copyOf(criticHidden);
      new Hyperparameters("awac")
          .widths("actorHidden", actorHidden)
          .widths("criticHidden", criticHidden)
          .positive("temperature", temperature)
          .share("discount", discount)
          .part("polyak", polyak)
          .positive("rate", rate)
          .notNegative("weightDecay", weightDecay)
          .positive("batch", batch)
          .positive("updates", updates);
    }

    public static Config defaults() {
      return new Config(
          List.of(256, 256, 256, 256),
          List.of(256, 256),
          2,
          0.99,
          0.005,
          false,
          3e-4,
          1e-4,
          1024,
          500);
    }
  }

  /// What is learnt.
  private record State(
      Optimizer.Step<UnitActor> actor,
      Optimizer.Step<ActionValues> critics,
      ActionValues targets) {}

  private final Config config;
  private final UnitActions units;
  private final Optimizer actorAdam;
  private final Optimizer criticAdam;
  private final Batches batches;
  private final Updates<State> updates;

  public Awac(Config config, Dataset data, Rng key) {
    this.config = config;
    units = UnitActions.of(data.actions());
    batches = Batches.of(data, config.discount(), config.batch());
    actorAdam = AdamW.of(config.rate()).withWeightDecay(config.weightDecay());
    criticAdam = AdamW.adam(config.rate());
    Networks policy = Networks.uniform(config.actorHidden(), Activation.RELU);
    Networks values = Networks.uniform(config.criticHidden(), Activation.RELU);
    Layer features = data.features(config.standardise());
    UnitActor actor = UnitActor.of(data, features, policy, key.fold("actor"));
    ActionValues critics = ActionValues.of(2, data, features, values, key.fold("critics"));
    updates =
        new Updates<>(
            new State(
                new Optimizer.Step<>(actor, actorAdam.init(actor)),
                new Optimizer.Step<>(critics, criticAdam.init(critics)),
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
    var critics = criticAdam.step(state.critics().model(), critic.grad(), state.critics().state());

    Tensor own =
        value(critics.model(), state.actor().model(), batch.observations(), key.fold("own"));
    Tensor advantages = critics.model().least(batch.observations(), batch.actions()).sub(own);
    var step = Grad.valueAndGrad(pi -> actorLoss(pi, advantages, batch), state.actor().model());
    var actor = actorAdam.step(state.actor().model(), step.grad(), state.actor().state());

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

  /// `-softmax(A / lambda) log pi(a | s)`, summed over the batch: the policy's step of algorithm 1.
  private Loss actorLoss(UnitActor actor, Tensor advantages, Transitions batch) {
    Tensor weights = AdvantageWeights.normalised(advantages, config.temperature());
    Tensor logProb = actor.of(batch.observations()).logProb(batch.actions());
    return Loss.of(logProb.mul(weights).sum().neg());
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
