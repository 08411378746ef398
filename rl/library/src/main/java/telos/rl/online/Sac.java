package telos.rl.online;

import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import telos.autograd.Grad;
import telos.autograd.Loss;
import telos.nn.Activation;
import telos.nn.AdamW;
import telos.nn.Ema;
import telos.nn.Losses;
import telos.nn.Optimizer;
import telos.rl.Critics;
import telos.rl.Hyperparameters;
import telos.rl.Learner;
import telos.rl.Networks;
import telos.rl.Normal;
import telos.rl.OrnsteinUhlenbeck;
import telos.rl.Policy;
import telos.rl.Snapshot;
import telos.rl.SquashedActor;
import telos.rl.Trajectory;
import telos.rl.Transitions;
import telos.rl.UnitBox;
import telos.rl.environment.Environment;
import telos.tensor.Rng;
import telos.tensor.Scope;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.Tree;

/// Soft actor-critic (Haarnoja et al. 2018, "Soft actor-critic algorithms and applications",
/// algorithm 1): maximises return plus temperature times entropy, off-policy.
///
/// Each step in an environment is followed by one update: both critics move towards `r + discount
/// (min_i Q'_i(s', a') - alpha log pi(a' | s'))` with `a' ~ pi(s')`; the actor towards actions that
/// the critics like and that keep it random, by the gradient through a draw; the temperature alpha
/// until the entropy of the actor is the target; the targets Q' follow the critics slowly.
///
/// Deviation: the noise that drives the actor while it acts may be correlated in time (see
/// [OrnsteinUhlenbeck]), where the paper's is white.
public final class Sac implements Learner {
  private static final Hyperparameters REQUIRE = new Hyperparameters("sac");

  /// Hyper-parameters; [#defaults] are those of Stable-Baselines3.
  ///
  /// @param environments that are acted in side by side; each step of each is followed by an update
  /// @param iteration steps in each environment between two reports
  /// @param learningStarts steps with actions at random before the first update
  /// @param capacity how many transitions are remembered
  /// @param batch transitions of an update
  /// @param gamma the discount
  /// @param tau how far the targets move towards the critics in an update
  /// @param actorRate learning rate of the actor, lambda_pi
  /// @param criticRate learning rate of the critics, lambda_Q
  /// @param temperature alpha at the start
  /// @param temperatureRate learning rate of log alpha; 0 keeps it as it is
  /// @param targetEntropy of the actor, in nats for each number of an action
  /// @param correlation of the noise between one step and the next
  /// @param hidden widths of the hidden layers of actor and critics; ReLU between them
  /// @param hindsight k, how many goals in hindsight each transition gets (Andrychowicz et al.
  ///   2017); needs an environment of goals
  public record Config(
      int environments,
      int iteration,
      int learningStarts,
      int capacity,
      int batch,
      double gamma,
      double tau,
      double actorRate,
      double criticRate,
      double temperature,
      double temperatureRate,
      double targetEntropy,
      double correlation,
      List<Integer> hidden,
      int hindsight) {
    public Config {
      REQUIRE.atLeast(1, "environments", environments);
      REQUIRE.atLeast(1, "iteration", iteration);
      REQUIRE.atLeast(1, "learningStarts", learningStarts);
      REQUIRE.atLeast(1, "capacity", capacity);
      REQUIRE.atLeast(1, "batch", batch);
      REQUIRE.share("gamma", gamma);
      REQUIRE.part("tau", tau);
      REQUIRE.notNegative("actorRate", actorRate);
      REQUIRE.notNegative("criticRate", criticRate);
      REQUIRE.positive("temperature", temperature);
      REQUIRE.notNegative("temperatureRate", temperatureRate);
      REQUIRE.require(
          Double.isFinite(targetEntropy), "targetEntropy", targetEntropy, "a finite number");
      REQUIRE.belowOne("correlation", correlation);
      REQUIRE.widths("hidden", hidden);
      REQUIRE.atLeast(0, "hindsight", hindsight);
      hidden = List.copyOf(hidden);
    }

    public static Config defaults() {
      return new Config(
          1,
          200,
          100,
          1_000_000,
          256,
          0.99,
          0.005,
          3e-4,
          3e-4,
          1,
          3e-4,
          -1,
          0,
          List.of(256, 256),
          0);
    }
  }

  /// Where a run stands. The logarithm of alpha is learnt, so that alpha stays positive.
  ///
  /// @param noise that drives the next actions, `[N, A]`
  record State(
      Tensor noise,
      SquashedActor actor,
      Critics critics,
      Critics targets,
      Tensor logTemperature,
      Optimizer.State actorAdam,
      Optimizer.State criticAdam,
      Optimizer.State temperatureAdam) {
    State withNoise(Tensor next) {
      return new State(
          next, actor, critics, targets, logTemperature, actorAdam, criticAdam, temperatureAdam);
    }

    /// In memory of its own, which no later step consumes.
    State copy() {
      return Tree.map(this, tensor -> tensor.mul(tensor.onesLike()));
    }
  }

  private final Config config;
  private final Rng key;
  private final AdamW actorAdam;
  private final AdamW criticAdam;
  private final AdamW temperatureAdam;
  private final Interaction interaction;
  private final UnitBox box;
  private State state;

  /// @throws IllegalArgumentException for an environment whose observations or actions are no
  ///   vectors, or whose actions are not bounded
  public <O, A> Sac(Config config, Supplier<? extends Environment<O, A>> environment, Rng key) {
    this.config = config;
    this.key = key;
    actorAdam = AdamW.adam(config.actorRate);
    criticAdam = AdamW.adam(config.criticRate);
    temperatureAdam = AdamW.adam(config.temperatureRate);
    interaction =
        new Interaction(
            environment,
            config.environments,
            config.capacity,
            config.gamma,
            config.hindsight,
            key.fold("environment"));
    box = UnitBox.of(interaction.actions());
    state = start();
  }

  private State start() {
    var networks = Networks.uniform(config.hidden, Activation.RELU);
    var space = interaction.observations();
    var actor = SquashedActor.of(networks, space, box.size(), key.fold("actor"));
    var critics = Critics.of(2, networks, space, box.size(), key.fold("critics"));
    Tensor logTemperature = Tensor.scalar((float) StrictMath.log(config.temperature));
    return new State(
        key.fold("noise").normal(Shape.of(config.environments, box.size())),
        actor,
        critics,
        Tree.map(critics, Tensor::alias),
        logTemperature,
        actorAdam.init(actor),
        criticAdam.init(critics),
        temperatureAdam.init(logTemperature));
  }

  // --- the loop ---

  @Override
  public Map<String, Double> advance() {
    var means = new Means();
    state = Scope.call("sac", () -> iterate(state, means));
    return means.byName();
  }

  private State iterate(State now, Means means) {
    for (int i = 0; i < config.iteration; i++) {
      now = Scope.next("sac: acting", now, before -> act(before, means));
      for (int n = 0; n < config.environments && learns(); n++) {
        Rng own = key.fold("update").fold(interaction.steps()).fold(n);
        now = Scope.next("sac: learning", now, before -> update(before, own, means));
      }
    }
    return now;
  }

  private boolean learns() {
    return interaction.learns(config.learningStarts);
  }

  /// One step everywhere. Before learning starts every action is equally likely: of normal noise x
  /// the distribution function is uniform, `2 Phi(x) - 1 = erf(x / sqrt 2)`.
  private State act(State now, Means means) {
    Tensor unit;
    if (learns()) {
      Normal base = now.actor.at(interaction.current()).base();
      unit = base.mean().add(base.logScale().exp().mul(now.noise)).tanh();
    } else {
      unit = now.noise.mul(Math.sqrt(0.5)).erf();
    }
    interaction.step(box.outward(unit), unit, means);
    var process = new OrnsteinUhlenbeck(config.correlation);
    return now.withNoise(process.next(now.noise, key.fold("noise").fold(interaction.steps())));
  }

  // --- the update ---

  private State update(State now, Rng own, Means means) {
    Transitions batch = interaction.sample(config.batch, own.fold("batch"));
    Tensor temperature = now.logTemperature.exp();

    Tensor goals = goals(now.actor, now.targets, temperature, batch, own.fold("next"));
    var criticStep = Grad.valueAndGrad(critics -> critics.loss(batch, goals), now.critics);
    var critics = criticAdam.step(now.critics, criticStep.grad(), now.criticAdam);

    var actorStep =
        Grad.valueAndGradWith(
            actor -> actorLoss(actor, critics.model(), temperature, batch, own.fold("action")),
            now.actor);
    var actor = actorAdam.step(now.actor, actorStep.step().grad(), now.actorAdam);

    double entropy = -actorStep.aux().mean().item();
    double excess = entropy - config.targetEntropy * box.size();
    var temperatureStep =
        Grad.valueAndGrad(log -> temperatureLoss(log, excess), now.logTemperature);
    var logTemperature =
        temperatureAdam.step(now.logTemperature, temperatureStep.grad(), now.temperatureAdam);

    means.add("critic_loss", criticStep.value());
    means.add("actor_loss", actorStep.step().value());
    means.add("value", goals.mean().item());
    means.add("entropy", entropy);
    means.add("temperature", temperature.item());
    return new State(
        now.noise,
        actor.model(),
        critics.model(),
        Ema.step(now.targets, critics.model(), 1 - config.tau),
        logTemperature.model(),
        actor.state(),
        critics.state(),
        logTemperature.state());
  }

  /// `r + discount (min_i Q'_i(s', a') - alpha log pi(a' | s'))`, `[B]` (equations 2 and 3).
  static Tensor goals(
      SquashedActor actor, Critics targets, Tensor temperature, Transitions batch, Rng key) {
    var draw = actor.at(batch.next()).draw(key);
    Tensor values = targets.least(batch.next(), draw.action());
    Tensor soft = values.sub(draw.logProb().mul(temperature));
    return batch.rewards().add(batch.discounts().mul(soft));
  }

  /// `alpha log pi(a | s) - min_i Q_i(s, a)` of actions drawn now (equation 9), and their `log pi`.
  static Loss.With<Tensor> actorLoss(
      SquashedActor actor, Critics critics, Tensor temperature, Transitions batch, Rng key) {
    var draw = actor.at(batch.observations()).draw(key);
    Tensor values = critics.least(batch.observations(), draw.action());
    return Losses.mean(draw.logProb().mul(temperature).sub(values)).with(draw.logProb());
  }

  /// `alpha (entropy - target)` (equation 18): alpha falls while the actor is more random than it
  /// should be.
  ///
  /// @param log of alpha
  /// @param excess entropy less its target
  static Loss temperatureLoss(Tensor log, double excess) {
    return Loss.of(log.exp().mul(excess));
  }

  // --- what it is to its caller ---

  @Override
  public long steps() {
    return interaction.steps();
  }

  @Override
  public Policy policy() {
    return state.actor.policy(box);
  }

  @Override
  public List<Trajectory> remembered() {
    return interaction.remembered(box::outward);
  }

  @Override
  public Snapshot snapshot() {
    var writer = new Snapshot.Writer();
    writer.put("interaction", interaction.snapshot());
    writer.putTree("state", state.copy());
    return writer.snapshot();
  }

  @Override
  public void restore(Snapshot from) {
    state = from.tree("state", state).copy();
    interaction.restore(from.below("interaction"));
  }

  @Override
  public void close() {
    interaction.close();
  }
}
