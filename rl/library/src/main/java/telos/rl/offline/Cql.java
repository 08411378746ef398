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
import telos.nn.Sequential;
import telos.rl.Hyperparameters;
import telos.rl.Learner;
import telos.rl.Networks;
import telos.rl.Normal;
import telos.rl.Policy;
import telos.rl.Snapshot;
import telos.rl.SquashedActor;
import telos.rl.TanhNormal;
import telos.rl.Transitions;
import telos.rl.UnitBox;
import telos.rl.offline.Updates.Update;
import telos.tensor.DType;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.fused.LogSumExp;

/// Conservative Q-learning (Kumar et al. 2020), CQL(H) on soft actor-critic: the critics are pushed
/// down where the data has no actions and up where it has them, so that the policy's values are
/// bounded from above by its true ones. For boxes of actions; [DiscreteCql] for the others.
///
/// As in the authors' code (`rlkit/torch/sac/cql.py`) the squared Bellman error is not halved (eq.
/// 4 halves it), its targets have no entropy, and the actor's first updates imitate. Where theirs
/// adds up the proposals that estimate the integral, ours takes the mean: the conservative term is
/// `log 3 samples` less, which matters to `gap` alone (their threshold 5 is 1.6 here). Last layers
/// begin like the others; theirs are smaller.
public final class Cql implements Learner {
  /// Hyper-parameters; the defaults are those of the authors' `cql_mujoco_new.py` as its README
  /// calls it: a fixed weight, for which it gives 5 or 10, and for the actor's rate 1e-4 or 3e-4.
  ///
  /// @param hidden widths of the hidden layers
  /// @param alpha weight of the conservative term; where `gap` is given, at the beginning
  /// @param gap tau, how far the conservative term may rise before its weight does (eq. 30); 0 for
  ///   a fixed weight
  /// @param cloning first updates of the actor by the likelihood of the recorded actions in place
  ///   of the critics; the paper has none, and their code says that they make little difference
  /// @param samples actions from each of three sources that estimate the conservative term
  /// @param discount gamma
  /// @param polyak tau, by which the target critics follow
  /// @param standardise whether observations are
  /// @param actorRate of Adam, for the actor and the temperature
  /// @param criticRate of Adam, for the critics and the weight of the conservative term
  /// @param batch steps in an update
  /// @param updates of an iteration
  public record Config(
      List<Integer> hidden,
      double alpha,
      double gap,
      int cloning,
      int samples,
      double discount,
      double polyak,
      boolean standardise,
      double actorRate,
      double criticRate,
      int batch,
      int updates) {
    public Config {
      hidden = List.copyOf(hidden);
      new Hyperparameters("cql")
          .widths("hidden", hidden)
          .positive("alpha", alpha)
          .notNegative("gap", gap)
          .atLeast(0, "cloning", cloning)
          .positive("samples", samples)
          .share("discount", discount)
          .part("polyak", polyak)
          .positive("actorRate", actorRate)
          .positive("criticRate", criticRate)
          .positive("batch", batch)
          .positive("updates", updates);
    }

    public static Config defaults() {
      return new Config(
          List.of(256, 256, 256), 5, 0, 40_000, 10, 0.99, 0.005, false, 1e-4, 3e-4, 256, 500);
    }
  }

  /// What is learnt.
  ///
  /// @param logTemperature of the entropy
  /// @param logWeight of the conservative term
  private record State(
      Optimizer.Step<SquashedActor> actor,
      Optimizer.Step<ActionValues> critics,
      ActionValues targets,
      Optimizer.Step<Tensor> logTemperature,
      Optimizer.Step<Tensor> logWeight) {}

  private final Config config;
  private final UnitBox box;
  private final Batches batches;
  private final Optimizer actorAdam;
  private final Optimizer criticAdam;
  private final Updates<State> updates;

  public Cql(Config config, Dataset data, Rng key) {
    this.config = config;
    box = UnitBox.of(data.actions());
    batches = Batches.of(data, config.discount(), config.batch());
    actorAdam = AdamW.adam(config.actorRate());
    criticAdam = AdamW.adam(config.criticRate());
    updates = new Updates<>(first(data, key), key.fold("updates"));
  }

  private State first(Dataset data, Rng key) {
    Networks networks = Networks.uniform(config.hidden(), Activation.RELU);
    Layer features = data.features(config.standardise());
    Layer heads = networks.mlp(data.width(), 2 * box.size(), key.fold("actor"));
    SquashedActor actor = new SquashedActor(Sequential.of(features, heads));
    ActionValues critics = ActionValues.of(2, data, features, networks, key.fold("critics"));
    Tensor temperature = Tensor.scalar(0f);
    Tensor weight = Tensor.scalar((float) StrictMath.log(config.alpha()));
    return new State(
        new Optimizer.Step<>(actor, actorAdam.init(actor)),
        new Optimizer.Step<>(critics, criticAdam.init(critics)),
        Updates.target(critics),
        new Optimizer.Step<>(temperature, actorAdam.init(temperature)),
        new Optimizer.Step<>(weight, criticAdam.init(weight)));
  }

  @Override
  public Map<String, Double> advance() {
    return updates.advance(
        config.updates(), (state, key) -> update(state, batches.draw(key.fold("batch")), key));
  }

  private Update<State> update(State state, Transitions batch, Rng key) {
    SquashedActor acting = state.actor().model();
    double temperature = StrictMath.exp(state.logTemperature().model().item());
    var pi =
        Grad.valueAndGradWith(
            actor -> actorLoss(actor, state.critics().model(), temperature, batch, key), acting);
    var actor = actorAdam.step(acting, pi.step().grad(), state.actor().state());
    var cooled = descend(actorAdam, state.logTemperature(), box.size() - pi.aux().item());

    Tensor targets = targets(state.targets(), acting, batch, key);
    Proposals proposals = proposals(acting, batch, key);
    double weight = StrictMath.exp(state.logWeight().model().item());
    var critic =
        Grad.valueAndGradWith(
            q -> criticLoss(q, proposals, targets, weight, batch), state.critics().model());
    var critics =
        criticAdam.step(state.critics().model(), critic.step().grad(), state.critics().state());
    double gap = critic.aux().item();
    double slope = config.gap() > 0 ? weight * (config.gap() - gap) : 0;

    return new Update<>(
        new State(
            actor,
            critics,
            Ema.step(state.targets(), critics.model(), 1 - config.polyak()),
            cooled,
            descend(criticAdam, state.logWeight(), slope)),
        Map.of(
            "critic_loss",
            critic.step().value(),
            "actor_loss",
            pi.step().value(),
            "conservative_gap",
            gap,
            "temperature",
            temperature));
  }

  /// A scalar against its derivative.
  private static Optimizer.Step<Tensor> descend(
      Optimizer adam, Optimizer.Step<Tensor> scalar, double derivative) {
    return adam.step(scalar.model(), Tensor.scalar((float) derivative), scalar.state());
  }

  /// `temperature log pi(a | s) - min Q(s, a)`, a of the policy; while it imitates the last term is
  /// the likelihood of what was done. With the mean of the first logarithm, for the temperature
  /// seeks an entropy of `-A`.
  private Loss.With<Tensor> actorLoss(
      SquashedActor actor, ActionValues critics, double temperature, Transitions batch, Rng key) {
    TanhNormal policy = actor.at(batch.observations());
    var draw = policy.draw(key.fold("actor"));
    Tensor values =
        updates.count() < config.cloning()
            ? policy.logProb(batch.actions())
            : critics.least(batch.observations(), draw.action());
    return Losses.mean(draw.logProb().mul(temperature).sub(values))
        .with(draw.logProb().mean().stopGradient());
  }

  /// `r + gamma min Q'(s', a')`, a' of the policy.
  private static Tensor targets(
      ActionValues targets, SquashedActor actor, Transitions batch, Rng key) {
    Tensor next = actor.at(batch.next()).draw(key.fold("next")).action();
    return batch.rewards().add(batch.discounts().mul(targets.least(batch.next(), next)));
  }

  /// Actions by which the integral over all actions is estimated.
  ///
  /// @param observations in which they are taken, `[B, n, ...]`
  /// @param actions `[B, n, A]`
  /// @param logDensity of each where it was drawn, `[B, n]`
  record Proposals(Tensor observations, Tensor actions, Tensor logDensity) {
    /// `log mean exp(Q(s, a) - log p(a))`, which tends to `log` of the integral of `exp Q(s, a)`
    /// over the actions (appendix F), `[E, B]`.
    Tensor logIntegral(ActionValues critics) {
      Tensor values = critics.of(observations, actions).sub(logDensity.unsqueeze(0));
      return new LogSumExp(values).result().sub(StrictMath.log(logDensity.dim(1)));
    }
  }

  /// As many uniform ones as of the policy at this and at the next observation.
  private Proposals proposals(SquashedActor actor, Transitions batch, Rng key) {
    int n = config.samples();
    Shape shape = Shape.of(batch.size(), n, box.size());
    Tensor uniform = key.fold("uniform").uniform(-1, 1, shape);
    var here = many(actor.at(batch.observations()), shape).draw(key.fold("here"));
    var there = many(actor.at(batch.next()), shape).draw(key.fold("there"));
    Tensor density = Tensor.full(-box.size() * StrictMath.log(2), DType.F32, shape.without(-1));
    Tensor observations = batch.observations();
    return new Proposals(
        observations.unsqueeze(1).broadcastTo(observations.shape().insert(1, 3 * n)),
        Tensor.concat(1, List.of(uniform, here.action(), there.action())),
        Tensor.concat(1, List.of(density, here.logProb(), there.logProb())));
  }

  private static TanhNormal many(TanhNormal one, Shape shape) {
    Normal base = one.base();
    return new TanhNormal(
        new Normal(
            base.mean().unsqueeze(1).broadcastTo(shape),
            base.logScale().unsqueeze(1).broadcastTo(shape)));
  }

  /// Squared Bellman errors and `weight (log integral exp Q(s, .) - Q(s, a))`; with the mean of
  /// that bracket.
  private static Loss.With<Tensor> criticLoss(
      ActionValues critics, Proposals proposals, Tensor targets, double weight, Transitions batch) {
    Tensor q = critics.of(batch.observations(), batch.actions());
    Tensor gap = proposals.logIntegral(critics).sub(q);
    return ActionValues.sum(q.sub(targets).square().add(gap.mul(weight)))
        .with(gap.mean().stopGradient());
  }

  /// Estimates of Q, the lesser of two, of actions within the bounds, `[N]`.
  public Tensor values(Tensor observations, Tensor actions) {
    return updates.state().critics().model().least(observations, box.inward(actions));
  }

  @Override
  public Policy policy() {
    return updates.state().actor().model().policy(box);
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
