package telos.rl.online;

import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import telos.autograd.Grad;
import telos.autograd.Loss;
import telos.autograd.Step;
import telos.nn.Activation;
import telos.nn.AdamW;
import telos.nn.Ema;
import telos.nn.Mlp;
import telos.nn.Optimizer;
import telos.rl.Critics;
import telos.rl.Learner;
import telos.rl.Networks;
import telos.rl.OrnsteinUhlenbeck;
import telos.rl.Policy;
import telos.rl.Snapshot;
import telos.rl.SquashedActor;
import telos.rl.TanhNormal;
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
/// (min_i Q'_i(s', a') - alpha log pi(a' | s'))` with `a' ~ pi(s')`; the actor towards the actions
/// that the critics like and that keep it random, by the gradient through a draw; the temperature
/// alpha until the entropy of the actor is the target; the targets Q' follow the critics slowly.
///
/// Deviation: the noise that drives the actor while it acts may be correlated in time (see
/// [OrnsteinUhlenbeck]), where the paper's is white.
public final class Sac implements Learner {

  /// Hyper-parameters; [#defaults] are those of Stable-Baselines3.
  ///
  /// @param environments that are acted in side by side; each step of each is followed by an update
  /// @param iteration steps in each environment between two reports
  /// @param learningStarts steps with actions at random before the first update
  /// @param buffer how many transitions are remembered
  /// @param batch transitions of an update
  /// @param gamma the discount
  /// @param tau how far the targets move towards the critics in an update
  /// @param actorRate learning rate of the actor, lambda_pi
  /// @param criticRate learning rate of the critics, lambda_Q
  /// @param temperature alpha at the start
  /// @param temperatureRate learning rate of the temperature; 0 keeps it as it is
  /// @param targetEntropy of the actor in nats for each dimension of the action
  /// @param correlation of the noise between one step and the next
  /// @param hidden widths of the hidden layers of actor and critics
  public record Config(
      int environments,
      int iteration,
      int learningStarts,
      int buffer,
      int batch,
      double gamma,
      double tau,
      double actorRate,
      double criticRate,
      double temperature,
      double temperatureRate,
      double targetEntropy,
      double correlation,
      List<Integer> hidden) {
    public Config {
      new Parameters("sac")
          .atLeast(1, "environments", environments)
          .atLeast(1, "iteration", iteration)
          .atLeast(1, "learningStarts", learningStarts)
          .atLeast(1, "buffer", buffer)
          .atLeast(1, "batch", batch)
          .share("gamma", gamma)
          .share("tau", tau)
          .notNegative("actorRate", actorRate)
          .notNegative("criticRate", criticRate)
          .positive("temperature", temperature)
          .notNegative("temperatureRate", temperatureRate)
          .finite("targetEntropy", targetEntropy)
          .below(1, "correlation", correlation)
          .widths("hidden", hidden);
      hidden = List.copyOf(hidden);
    }

    public static Config defaults() {
      return new Config(
          1, 200, 100, 1_000_000, 256, 0.99, 0.005, 3e-4, 3e-4, 1, 3e-4, -1, 0, List.of(256, 256));
    }
  }

  /// What is learnt. The logarithm of alpha is, so that alpha stays positive.
  record State(
      SquashedActor actor,
      Critics<Mlp> critics,
      Critics<Mlp> targets,
      Tensor logTemperature,
      Optimizer.State actorAdam,
      Optimizer.State criticAdam,
      Optimizer.State temperatureAdam) {
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
  private final Experience experience;
  private final UnitBox box;
  private final OrnsteinUhlenbeck process;
  private State state;
  private Tensor noise;
  private long steps;
  private long updates;

  /// @throws IllegalArgumentException for an environment whose observations or actions are no
  ///   vectors, or whose actions are not bounded
  public <O, A> Sac(Config config, Supplier<? extends Environment<O, A>> environment, Rng key) {
    this.config = config;
    this.key = key;
    actorAdam = AdamW.adam(config.actorRate());
    criticAdam = AdamW.adam(config.criticRate());
    temperatureAdam = AdamW.adam(config.temperatureRate());
    experience =
        new Experience(
            environment,
            config.environments(),
            config.buffer(),
            config.gamma(),
            key.fold("environment"));
    box = UnitBox.of(experience.actions());
    process = new OrnsteinUhlenbeck(config.correlation());
    noise = key.fold("noise").normal(Shape.of(config.environments(), box.size()));
    state = begin(key.fold("networks"));
  }

  private State begin(Rng init) {
    var networks = Networks.uniform(config.hidden(), Activation.RELU);
    var actor =
        SquashedActor.of(
            networks, experience.observations(), box.size(), init.fold("actor"));
    Critics<Mlp> critics =
        Critics.of(
            2,
            experience.observations(),
            box.size(),
            (inputs, own) -> networks.mlp(inputs, 1, own),
            init.fold("critics"));
    Tensor logTemperature = Tensor.scalar((float) StrictMath.log(config.temperature()));
    return new State(
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
    for (int i = 0; i < config.iteration(); i++) {
      noise = Scope.call("sac: acting", () -> act(means));
      for (int n = 0; n < config.environments() && learns(); n++) {
        Rng now = key.fold("update").fold(updates++);
        State before = state;
        state = Scope.call("sac: learning", () -> update(before, now, means));
      }
    }
    return means.byName();
  }

  private boolean learns() {
    return experience.interactions() >= config.learningStarts();
  }

  /// One step everywhere. Before learning starts every action is equally likely: the distribution
  /// function of the noise is uniform, `2 Phi(x) - 1 = erf(x / sqrt 2)`.
  ///
  /// @return the noise of the next step
  private Tensor act(Means means) {
    Tensor unit;
    if (learns()) {
      var base = state.actor().at(experience.current()).base();
      unit = base.mean().add(base.logScale().exp().mul(noise)).tanh();
    } else {
      unit = noise.mul(Math.sqrt(0.5)).erf();
    }
    experience.step(box.outward(unit), unit, means);
    return process.next(noise, key.fold("noise").fold(steps++));
  }

  // --- the update ---

  private State update(State now, Rng own, Means means) {
    Transitions batch = experience.sample(config.batch(), own.fold("batch"));
    Tensor temperature = now.logTemperature().exp();

    Tensor goals = goals(now, batch, temperature, config, own.fold("next"));
    Step<Critics<Mlp>> criticStep =
        Grad.valueAndGrad(critics -> critics.loss(batch, goals), now.critics());
    var critics = criticAdam.step(now.critics(), criticStep.grad(), now.criticAdam());

    Step.With<SquashedActor, Tensor> actorStep =
        Grad.valueAndGradWith(
            actor -> {
              var draw = actor.at(batch.observations()).draw(own.fold("action"));
              Tensor values = critics.model().least(batch.observations(), draw.action());
              return actorLoss(draw, values, temperature).with(draw.logProb());
            },
            now.actor());
    var actor = actorAdam.step(now.actor(), actorStep.step().grad(), now.actorAdam());

    double entropy = -actorStep.aux().mean().item();
    double excess = entropy - config.targetEntropy() * box.size();
    Step<Tensor> temperatureStep =
        Grad.valueAndGrad(log -> temperatureLoss(log, excess), now.logTemperature());
    var logTemperature =
        temperatureAdam.step(
            now.logTemperature(), temperatureStep.grad(), now.temperatureAdam());

    means.add("critic loss", criticStep.value());
    means.add("actor loss", actorStep.step().value());
    means.add("value", goals.mean().item());
    means.add("entropy", entropy);
    means.add("temperature", temperature.item());
    return new State(
        actor.model(),
        critics.model(),
        Ema.step(now.targets(), critics.model(), 1 - config.tau()),
        logTemperature.model(),
        actor.state(),
        critics.state(),
        logTemperature.state());
  }

  /// `r + discount (min_i Q'_i(s', a') - alpha log pi(a' | s'))`, `[B]` (equations 3 and 6).
  static Tensor goals(State now, Transitions batch, Tensor temperature, Config config, Rng key) {
    var draw = now.actor().at(batch.next()).draw(key);
    Tensor values = now.targets().least(batch.next(), draw.action());
    Tensor soft = values.sub(draw.logProb().mul(temperature));
    return batch.rewards().add(batch.discounts().mul(soft));
  }

  /// `alpha log pi(a | s) - min_i Q_i(s, a)`, a mean over the batch (equation 9).
  static Loss actorLoss(TanhNormal.Draw draw, Tensor values, Tensor temperature) {
    return telos.nn.Losses.mean(draw.logProb().mul(temperature).sub(values));
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
  public long interactions() {
    return experience.interactions();
  }

  @Override
  public Policy policy() {
    return state.actor().policy(box);
  }

  @Override
  public Snapshot snapshot() {
    var writer = new Snapshot.Writer();
    writer.put("experience", experience.snapshot());
    writer.putTree("state", state.copy());
    writer.put("noise", noise);
    writer.put("counters", steps, updates);
    return writer.snapshot();
  }

  @Override
  public void restore(Snapshot from) {
    experience.restore(from.below("experience"));
    state = from.tree("state", state).copy();
    noise = from.tensor("noise");
    steps = from.counters("counters")[0];
    updates = from.counters("counters")[1];
  }

  @Override
  public void close() {
    experience.close();
  }
}
