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
import telos.rl.Hyperparameters;
import telos.rl.Learner;
import telos.rl.Networks;
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

/// Dropout Q-functions (Hiraoka et al. 2022, algorithm 2): what [Redq] does with ten critics, with
/// two. Dropout and layer normalisation in the critics keep many updates a step, G, from making
/// them believe their own errors: each call asks another member of an implicit ensemble, the
/// targets' too.
public final class Droq implements Learner {
  private static final Hyperparameters REQUIRE = new Hyperparameters("droq");

  /// Hyper-parameters; [#defaults] are the paper's.
  ///
  /// @param environments that are acted in side by side
  /// @param iteration steps in each environment between two reports
  /// @param learningStarts steps with actions at random before the first update
  /// @param capacity how many transitions are remembered
  /// @param updates G, of the critics for each step in an environment
  /// @param batch transitions of an update
  /// @param dropout share of the hidden units of the critics that are dropped
  /// @param gamma the discount
  /// @param tau how far the targets move towards the critics in an update
  /// @param actorRate learning rate of the actor, lambda_pi
  /// @param criticRate learning rate of the critics, lambda_Q
  /// @param temperature alpha at the start
  /// @param temperatureRate learning rate of log alpha; 0 keeps it as it is
  /// @param targetEntropy of the actor, in nats for each number of an action
  /// @param hidden widths of the hidden layers of actor and critics; ReLU between them
  public record Config(
      int environments,
      int iteration,
      int learningStarts,
      int capacity,
      int updates,
      int batch,
      double dropout,
      double gamma,
      double tau,
      double actorRate,
      double criticRate,
      double temperature,
      double temperatureRate,
      double targetEntropy,
      List<Integer> hidden) {
    public Config {
      REQUIRE.atLeast(1, "environments", environments);
      REQUIRE.atLeast(1, "iteration", iteration);
      REQUIRE.atLeast(1, "learningStarts", learningStarts);
      REQUIRE.atLeast(1, "capacity", capacity);
      REQUIRE.atLeast(1, "updates", updates);
      REQUIRE.atLeast(1, "batch", batch);
      REQUIRE.belowOne("dropout", dropout);
      REQUIRE.share("gamma", gamma);
      REQUIRE.part("tau", tau);
      REQUIRE.notNegative("actorRate", actorRate);
      REQUIRE.notNegative("criticRate", criticRate);
      REQUIRE.positive("temperature", temperature);
      REQUIRE.notNegative("temperatureRate", temperatureRate);
      REQUIRE.require(
          Double.isFinite(targetEntropy), "targetEntropy", targetEntropy, "a finite number");
      REQUIRE.widths("hidden", hidden);
      hidden = List.copyOf(hidden);
    }

    public static Config defaults() {
      return new Config(
          1,
          200,
          5000,
          1_000_000,
          20,
          256,
          0.01,
          0.99,
          0.005,
          3e-4,
          3e-4,
          1,
          3e-4,
          -1,
          List.of(256, 256));
    }
  }

  /// Where a run stands. The logarithm of alpha is learnt, so that alpha stays positive.
  record State(
      SquashedActor actor,
      DropoutCritics critics,
      DropoutCritics targets,
      Tensor logTemperature,
      Optimizer.State actorAdam,
      Optimizer.State criticAdam,
      Optimizer.State temperatureAdam) {
    State withCritics(Optimizer.Step<DropoutCritics> step, DropoutCritics followed) {
      return new State(
          actor, step.model(), followed, logTemperature, actorAdam, step.state(), temperatureAdam);
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
  public <O, A> Droq(Config config, Supplier<? extends Environment<O, A>> environment, Rng key) {
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
            0,
            key.fold("environment"));
    box = UnitBox.of(interaction.actions());
    state = start();
  }

  private State start() {
    var networks = Networks.uniform(config.hidden, Activation.RELU);
    var space = interaction.observations();
    var actor = SquashedActor.of(networks, space, box.size(), key.fold("actor"));
    int inputs = REQUIRE.width(space) + box.size();
    var critics = DropoutCritics.of(inputs, config.hidden, config.dropout, key.fold("critics"));
    Tensor logTemperature = Tensor.scalar((float) StrictMath.log(config.temperature));
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
    state = Scope.call("droq", () -> iterate(state, means));
    return means.byName();
  }

  private State iterate(State now, Means means) {
    for (int i = 0; i < config.iteration; i++) {
      act(now, means);
      for (int n = 0; n < config.environments && learns(); n++) {
        now = learn(now, key.fold("update").fold(interaction.steps()).fold(n), means);
      }
    }
    return now;
  }

  private boolean learns() {
    return interaction.steps() >= config.learningStarts;
  }

  /// One step everywhere; before learning starts every action is equally likely.
  private void act(State now, Means means) {
    Rng own = key.fold("action").fold(interaction.steps());
    Scope.call(
        "droq: acting",
        () -> {
          Tensor unit =
              learns()
                  ? now.actor.at(interaction.current()).sample(own)
                  : own.uniform(-1, 1, Shape.of(config.environments, box.size()));
          interaction.step(box.outward(unit), unit, means);
          return unit;
        });
  }

  // --- the updates ---

  /// The G updates that follow a step.
  private State learn(State now, Rng own, Means means) {
    for (int g = 0; g < config.updates; g++) {
      Rng draw = own.fold(g);
      now = Scope.next("droq: critics", now, before -> value(before, draw, means));
    }
    return Scope.next("droq: actor", now, before -> improve(before, own.fold("actor"), means));
  }

  private State value(State now, Rng own, Means means) {
    Transitions batch = interaction.sample(config.batch, own.fold("batch"));
    Tensor goals = goals(now, batch, own.fold("next"));
    var step =
        Grad.valueAndGrad(critics -> critics.loss(batch, goals, own.fold("dropout")), now.critics);
    var critics = criticAdam.step(now.critics, step.grad(), now.criticAdam);
    means.add("critic_loss", step.value() / 2);
    means.add("value", goals.mean().item());
    return now.withCritics(critics, Ema.step(now.targets, critics.model(), 1 - config.tau));
  }

  /// `r + discount (min_i Q'_i(s', a') - alpha log pi(a' | s'))`, `[B]`, by targets that drop too.
  private static Tensor goals(State now, Transitions batch, Rng key) {
    var draw = now.actor.at(batch.next()).draw(key);
    Tensor values = now.targets.values(batch.next(), draw.action(), key.fold("dropout")).min(0);
    Tensor soft = values.sub(draw.logProb().mul(now.logTemperature.exp()));
    return batch.rewards().add(batch.discounts().mul(soft));
  }

  private State improve(State now, Rng own, Means means) {
    Tensor observations = interaction.sample(config.batch, own.fold("batch")).observations();
    Tensor temperature = now.logTemperature.exp();
    var actorStep =
        Grad.valueAndGradWith(
            actor -> loss(actor, now.critics, temperature, observations, own.fold("action")),
            now.actor);
    var actor = actorAdam.step(now.actor, actorStep.step().grad(), now.actorAdam);

    double entropy = -actorStep.aux().mean().item();
    double excess = entropy - config.targetEntropy * box.size();
    var temperatureStep =
        Grad.valueAndGrad(log -> Sac.temperatureLoss(log, excess), now.logTemperature);
    var logTemperature =
        temperatureAdam.step(now.logTemperature, temperatureStep.grad(), now.temperatureAdam);

    means.add("actor_loss", actorStep.step().value());
    means.add("entropy", entropy);
    means.add("temperature", temperature.item());
    return new State(
        actor.model(),
        now.critics,
        now.targets,
        logTemperature.model(),
        actor.state(),
        now.criticAdam,
        logTemperature.state());
  }

  /// `alpha log pi(a | s) - mean_i Q_i(s, a)` of actions drawn now, and their `log pi`.
  private static Loss.With<Tensor> loss(
      SquashedActor actor,
      DropoutCritics critics,
      Tensor temperature,
      Tensor observations,
      Rng key) {
    var draw = actor.at(observations).draw(key);
    Tensor values = critics.values(observations, draw.action(), key.fold("dropout")).mean(0);
    return Losses.mean(draw.logProb().mul(temperature).sub(values)).with(draw.logProb());
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
