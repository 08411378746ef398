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
import telos.rl.DeterministicActor;
import telos.rl.Hyperparameters;
import telos.rl.Learner;
import telos.rl.Networks;
import telos.rl.OrnsteinUhlenbeck;
import telos.rl.Policy;
import telos.rl.Snapshot;
import telos.rl.Trajectory;
import telos.rl.Transitions;
import telos.rl.UnitBox;
import telos.rl.environment.Environment;
import telos.tensor.Rng;
import telos.tensor.Scope;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.Tree;

/// Deep deterministic policy gradient (Lillicrap et al. 2015, algorithm 1): a critic learns `Q(s,
/// a)` from what was seen, towards `r + discount Q'(s', pi'(s'))`; the actor goes up its slope
/// (Silver et al. 2014, equation 9); the targets Q' and pi' follow slowly.
///
/// Deviations, as most code has them: no batch normalisation, no weight decay, weights of the last
/// layers begin like the others.
public final class Ddpg implements Learner {
  private static final Hyperparameters REQUIRE = new Hyperparameters("ddpg");

  /// Hyper-parameters; [#defaults] are the paper's for the noise and the rates, the batch, the
  /// widths and tau are those of CleanRL.
  ///
  /// @param environments that are acted in side by side; each step of each is followed by an update
  /// @param iteration steps in each environment between two reports
  /// @param learningStarts steps with actions at random before the first update
  /// @param capacity how many transitions are remembered
  /// @param batch transitions of an update, N
  /// @param gamma the discount
  /// @param tau how far the targets move towards the networks in an update
  /// @param actorRate learning rate of the actor
  /// @param criticRate learning rate of the critic
  /// @param noise deviation of what is added to the action while acting, where the box is `[-1, 1]`
  /// @param correlation of this noise between one step and the next
  /// @param hidden widths of the hidden layers of actor and critic; ReLU between them
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
      double noise,
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
      REQUIRE.notNegative("noise", noise);
      REQUIRE.belowOne("correlation", correlation);
      REQUIRE.widths("hidden", hidden);
      REQUIRE.atLeast(0, "hindsight", hindsight);
      hidden = List.copyOf(hidden);
    }

    /// The noise is Ornstein and Uhlenbeck's with theta 0.15 and sigma 0.2: its deviation is `sigma
    /// / sqrt(1 - (1 - theta)^2)`.
    public static Config defaults() {
      return new Config(
          1, 200, 1000, 1_000_000, 256, 0.99, 0.005, 1e-4, 1e-3, 0.38, 0.85, List.of(256, 256), 0);
    }
  }

  /// Where a run stands.
  ///
  /// @param noise standard normal, drives the next actions, `[N, A]`
  record State(
      Tensor noise,
      DeterministicActor actor,
      DeterministicActor targetActor,
      Critics critic,
      Critics target,
      Optimizer.State actorAdam,
      Optimizer.State criticAdam) {
    State withNoise(Tensor next) {
      return new State(next, actor, targetActor, critic, target, actorAdam, criticAdam);
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
  private final Interaction interaction;
  private final UnitBox box;
  private State state;

  /// @throws IllegalArgumentException for an environment whose observations or actions are no
  ///   vectors, or whose actions are not bounded
  public <O, A> Ddpg(Config config, Supplier<? extends Environment<O, A>> environment, Rng key) {
    this.config = config;
    this.key = key;
    actorAdam = AdamW.adam(config.actorRate);
    criticAdam = AdamW.adam(config.criticRate);
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
    var actor = DeterministicActor.of(networks, space, box.size(), key.fold("actor"));
    var critic = Critics.of(1, networks, space, box.size(), key.fold("critic"));
    return new State(
        key.fold("noise").normal(Shape.of(config.environments, box.size())),
        actor,
        Tree.map(actor, Tensor::alias),
        critic,
        Tree.map(critic, Tensor::alias),
        actorAdam.init(actor),
        criticAdam.init(critic));
  }

  // --- the loop ---

  @Override
  public Map<String, Double> advance() {
    var means = new Means();
    state = Scope.call("ddpg", () -> iterate(state, means));
    return means.byName();
  }

  private State iterate(State now, Means means) {
    for (int i = 0; i < config.iteration; i++) {
      now = Scope.next("ddpg: acting", now, before -> act(before, means));
      for (int n = 0; n < config.environments && learns(); n++) {
        Rng own = key.fold("update").fold(interaction.steps()).fold(n);
        now = Scope.next("ddpg: learning", now, before -> update(before, own, means));
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
    Tensor unit =
        learns()
            ? now.actor.at(interaction.current()).add(now.noise.mul(config.noise)).clamp(-1, 1)
            : now.noise.mul(Math.sqrt(0.5)).erf();
    interaction.step(box.outward(unit), unit, means);
    var process = new OrnsteinUhlenbeck(config.correlation);
    return now.withNoise(process.next(now.noise, key.fold("noise").fold(interaction.steps())));
  }

  // --- the update ---

  private State update(State now, Rng own, Means means) {
    Transitions batch = interaction.sample(config.batch, own.fold("batch"));
    Tensor goals = goals(now, batch);
    var criticStep = Grad.valueAndGrad(critic -> critic.loss(batch, goals), now.critic);
    var critic = criticAdam.step(now.critic, criticStep.grad(), now.criticAdam);

    var actorStep = Grad.valueAndGrad(actor -> loss(actor, critic.model(), batch), now.actor);
    var actor = actorAdam.step(now.actor, actorStep.grad(), now.actorAdam);

    means.add("critic_loss", criticStep.value());
    means.add("actor_loss", actorStep.value());
    means.add("value", goals.mean().item());
    return new State(
        now.noise,
        actor.model(),
        Ema.step(now.targetActor, actor.model(), 1 - config.tau),
        critic.model(),
        Ema.step(now.target, critic.model(), 1 - config.tau),
        actor.state(),
        critic.state());
  }

  /// `r + discount Q'(s', pi'(s'))`, `[B]`.
  static Tensor goals(State now, Transitions batch) {
    Tensor values = now.target.least(batch.next(), now.targetActor.at(batch.next()));
    return batch.rewards().add(batch.discounts().mul(values));
  }

  /// `-Q(s, pi(s))`.
  private static Loss loss(DeterministicActor actor, Critics critic, Transitions batch) {
    Tensor observations = batch.observations();
    return Losses.mean(critic.least(observations, actor.at(observations)).neg());
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
