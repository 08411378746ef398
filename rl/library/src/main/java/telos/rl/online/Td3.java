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

/// Twin delayed deep deterministic policy gradient (Fujimoto et al. 2018, algorithm 1): [Ddpg] with
/// three remedies for values that are too high. Of two critics the lower value counts; the actor
/// and the targets move only once in a few updates of the critics; and the action that the targets
/// value is blurred, so that a critic's narrow peak is of no use.
///
/// Deviation: the noise may be correlated in time (see [OrnsteinUhlenbeck]), where the paper's is
/// white.
public final class Td3 implements Learner {
  private static final Hyperparameters REQUIRE = new Hyperparameters("td3");

  /// Hyper-parameters; [#defaults] are those of the authors' later code and CleanRL's, but learning
  /// starts after 1 000 steps as the paper's does where episodes end early (theirs: 25 000).
  ///
  /// @param environments that are acted in side by side; each step of each is followed by an update
  /// @param iteration steps in each environment between two reports
  /// @param learningStarts steps with actions at random before the first update
  /// @param capacity how many transitions are remembered
  /// @param batch transitions of an update
  /// @param gamma the discount
  /// @param tau how far the targets move towards the networks
  /// @param actorRate learning rate of the actor
  /// @param criticRate learning rate of the critics
  /// @param noise sigma, added to the action while acting, where the box is `[-1, 1]`
  /// @param correlation of this noise between one step and the next
  /// @param smoothing sigma~, of the noise that blurs the target's action
  /// @param smoothingClip c, the most it may be
  /// @param delay d, updates of the critics for one of the actor
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
      double noise,
      double correlation,
      double smoothing,
      double smoothingClip,
      int delay,
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
      REQUIRE.notNegative("smoothing", smoothing);
      REQUIRE.notNegative("smoothingClip", smoothingClip);
      REQUIRE.atLeast(1, "delay", delay);
      REQUIRE.widths("hidden", hidden);
      REQUIRE.atLeast(0, "hindsight", hindsight);
      hidden = List.copyOf(hidden);
    }

    public static Config defaults() {
      return new Config(
          1,
          200,
          1000,
          1_000_000,
          256,
          0.99,
          0.005,
          3e-4,
          3e-4,
          0.1,
          0,
          0.2,
          0.5,
          2,
          List.of(256, 256),
          0);
    }
  }

  /// Where a run stands.
  ///
  /// @param noise standard normal, drives the next actions, `[N, A]`
  record State(
      Tensor noise,
      DeterministicActor actor,
      DeterministicActor targetActor,
      Critics critics,
      Critics targets,
      Optimizer.State actorAdam,
      Optimizer.State criticAdam) {
    State withNoise(Tensor next) {
      return new State(next, actor, targetActor, critics, targets, actorAdam, criticAdam);
    }

    State withCritics(Optimizer.Step<Critics> step) {
      return new State(noise, actor, targetActor, step.model(), targets, actorAdam, step.state());
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
  public <O, A> Td3(Config config, Supplier<? extends Environment<O, A>> environment, Rng key) {
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
    var critics = Critics.of(2, networks, space, box.size(), key.fold("critics"));
    return new State(
        key.fold("noise").normal(Shape.of(config.environments, box.size())),
        actor,
        Tree.map(actor, Tensor::alias),
        critics,
        Tree.map(critics, Tensor::alias),
        actorAdam.init(actor),
        criticAdam.init(critics));
  }

  // --- the loop ---

  @Override
  public Map<String, Double> advance() {
    var means = new Means();
    state = Scope.call("td3", () -> iterate(state, means));
    return means.byName();
  }

  private State iterate(State now, Means means) {
    for (int i = 0; i < config.iteration; i++) {
      now = Scope.next("td3: acting", now, before -> act(before, means));
      for (int n = 0; n < config.environments && learns(); n++) {
        Rng own = key.fold("update").fold(interaction.steps()).fold(n);
        now = Scope.next("td3: learning", now, before -> update(before, own, means));
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
    Tensor goals = goals(now, batch, config, own.fold("smoothing"));
    var criticStep = Grad.valueAndGrad(critics -> critics.loss(batch, goals), now.critics);
    var critics = criticAdam.step(now.critics, criticStep.grad(), now.criticAdam);
    means.add("critic_loss", criticStep.value());
    means.add("value", goals.mean().item());
    State valued = now.withCritics(critics);
    return critics.state().count() % config.delay == 0 ? improve(valued, batch, means) : valued;
  }

  /// `r + discount min_i Q'_i(s', a~)` with `a~ = pi'(s') + clip(eps, -c, c)`, `[B]`.
  static Tensor goals(State now, Transitions batch, Config config, Rng key) {
    Tensor action = now.targetActor.at(batch.next());
    Tensor blur =
        key.normal(action.shape())
            .mul(config.smoothing)
            .clamp(-config.smoothingClip, config.smoothingClip);
    Tensor values = now.targets.least(batch.next(), action.add(blur).clamp(-1, 1));
    return batch.rewards().add(batch.discounts().mul(values));
  }

  /// The actor goes up the slope of the first critic, and all targets follow.
  private State improve(State now, Transitions batch, Means means) {
    Critics first = now.critics.members(0);
    var step = Grad.valueAndGrad(actor -> loss(actor, first, batch), now.actor);
    var actor = actorAdam.step(now.actor, step.grad(), now.actorAdam);
    means.add("actor_loss", step.value());
    return new State(
        now.noise,
        actor.model(),
        Ema.step(now.targetActor, actor.model(), 1 - config.tau),
        now.critics,
        Ema.step(now.targets, now.critics, 1 - config.tau),
        actor.state(),
        now.criticAdam);
  }

  /// `-Q(s, pi(s))` (Silver et al. 2014, equation 9).
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
