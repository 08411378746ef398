package telos.rl.online;

import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import telos.autograd.Grad;
import telos.autograd.Loss;
import telos.nn.Activation;
import telos.nn.AdamW;
import telos.nn.Ema;
import telos.nn.Ensemble;
import telos.nn.Layer;
import telos.nn.Losses;
import telos.nn.Optimizer;
import telos.rl.ActionMasks;
import telos.rl.Actor;
import telos.rl.Categorical;
import telos.rl.Hyperparameters;
import telos.rl.Learner;
import telos.rl.Networks;
import telos.rl.Policy;
import telos.rl.Snapshot;
import telos.rl.Trajectory;
import telos.rl.Transitions;
import telos.rl.environment.Environment;
import telos.rl.environment.Space;
import telos.tensor.Rng;
import telos.tensor.Scope;
import telos.tensor.Tensor;
import telos.tensor.Tree;

/// Soft actor-critic for discrete actions (Christodoulou 2019, algorithm 1): [Sac] where every
/// expectation over actions is a sum, so that nothing needs to be drawn but the actions that are
/// taken. Critics give the values of all actions at once.
public final class DiscreteSac implements Learner {
  private static final Hyperparameters REQUIRE = new Hyperparameters("discrete sac");

  /// Hyper-parameters; [#defaults] are the paper's, with two hidden layers where it reads images,
  /// and an update a step where it has one in four.
  ///
  /// @param environments that are acted in side by side; each step of each is followed by an update
  /// @param iteration steps in each environment between two reports
  /// @param learningStarts steps with actions at random before the first update
  /// @param capacity how many transitions are remembered
  /// @param batch transitions of an update
  /// @param gamma the discount
  /// @param tau how far the targets move towards the critics in an update
  /// @param actorRate learning rate of the actor
  /// @param criticRate learning rate of the critics
  /// @param temperature alpha at the start
  /// @param temperatureRate learning rate of log alpha; 0 keeps it as it is
  /// @param targetEntropy of the actor, as a share of the most there is, `log A`
  /// @param hidden widths of the hidden layers of actor and critics; ReLU between them
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
      List<Integer> hidden) {
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
      REQUIRE.share("targetEntropy", targetEntropy);
      REQUIRE.widths("hidden", hidden);
      hidden = List.copyOf(hidden);
    }

    public static Config defaults() {
      return new Config(
          1, 200, 1000, 1_000_000, 64, 0.99, 0.005, 3e-4, 3e-4, 1, 3e-4, 0.98, List.of(256, 256));
    }
  }

  /// Where a run stands.
  ///
  /// @param critics from observations to values, `[2, B, A]`
  /// @param logTemperature log alpha, so that alpha stays positive
  record State(
      Actor.Softmax actor,
      Ensemble<Layer> critics,
      Ensemble<Layer> targets,
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
  private final Interaction interaction;
  private final int actions;
  private State state;

  /// @throws IllegalArgumentException for an environment whose actions are not discrete, or whose
  ///   observations are neither states nor vectors
  public <O, A> DiscreteSac(
      Config config, Supplier<? extends Environment<O, A>> environment, Rng key) {
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
    actions = REQUIRE.actions(interaction.actions());
    state = start(interaction.observations());
  }

  private State start(Space<?> observations) {
    if (observations instanceof Space.Box box && box.shape().size() != 1) {
      throw new IllegalArgumentException(
          "discrete sac: observations are " + observations + "; it needs states or vectors");
    }
    var networks = Networks.uniform(config.hidden, Activation.RELU);
    var actor = new Actor.Softmax(networks.of(observations, actions, key.fold("actor")));
    Rng init = key.fold("critics");
    List<Layer> twins =
        IntStream.range(0, 2)
            .mapToObj(i -> networks.of(observations, actions, init.fold(i)))
            .toList();
    Ensemble<Layer> critics = Ensemble.of(twins);
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
    state = Scope.call("discrete sac", () -> iterate(state, means));
    return means.byName();
  }

  private State iterate(State now, Means means) {
    for (int i = 0; i < config.iteration; i++) {
      act(now, means);
      for (int n = 0; n < config.environments && learns(); n++) {
        Rng own = key.fold("update").fold(interaction.steps()).fold(n);
        now = Scope.next("discrete sac: learning", now, before -> update(before, own, means));
      }
    }
    return now;
  }

  private boolean learns() {
    return interaction.steps() >= config.learningStarts;
  }

  /// One step everywhere; before learning starts every sensible action is equally likely.
  private void act(State now, Means means) {
    Rng own = key.fold("action").fold(interaction.steps());
    Scope.call(
        "discrete sac: acting",
        () -> {
          Tensor logits =
              learns()
                  ? now.actor.logits().call(interaction.current())
                  : Tensor.zeros(config.environments, actions);
          Tensor sensible = ActionMasks.of(logits, interaction.allowed());
          Tensor chosen = Categorical.ofLogits(sensible).sample(own);
          interaction.step(chosen, chosen, means);
          return chosen;
        });
  }

  // --- the update ---

  private State update(State now, Rng own, Means means) {
    Transitions batch = interaction.sample(config.batch, own);
    Tensor temperature = now.logTemperature.exp();

    Tensor goals = goals(now.actor, now.targets, temperature, batch);
    var criticStep = Grad.valueAndGrad(critics -> criticLoss(critics, batch, goals), now.critics);
    var critics = criticAdam.step(now.critics, criticStep.grad(), now.criticAdam);

    Tensor values = critics.model().call(batch.observations()).min(0);
    var actorStep =
        Grad.valueAndGradWith(
            actor ->
                actorLoss(actor.call(batch.observations(), batch.allowed()), values, temperature),
            now.actor);
    var actor = actorAdam.step(now.actor, actorStep.step().grad(), now.actorAdam);

    double entropy = actorStep.aux().mean().item();
    double excess = entropy - config.targetEntropy * StrictMath.log(actions);
    var temperatureStep =
        Grad.valueAndGrad(log -> Sac.temperatureLoss(log, excess), now.logTemperature);
    var logTemperature =
        temperatureAdam.step(now.logTemperature, temperatureStep.grad(), now.temperatureAdam);

    means.add("critic_loss", criticStep.value());
    means.add("actor_loss", actorStep.step().value());
    means.add("value", goals.mean().item());
    means.add("entropy", entropy);
    means.add("temperature", temperature.item());
    return new State(
        actor.model(),
        critics.model(),
        Ema.step(now.targets, critics.model(), 1 - config.tau),
        logTemperature.model(),
        actor.state(),
        critics.state(),
        logTemperature.state());
  }

  /// `r + discount V(s')` with `V(s) = sum_a pi(a | s) (min_i Q'_i(s, a) - alpha log pi(a | s))`,
  /// `[B]` (equation 10).
  static Tensor goals(
      Actor.Softmax actor, Ensemble<Layer> targets, Tensor temperature, Transitions batch) {
    Categorical policy = actor.call(batch.next(), batch.nextAllowed());
    Tensor values = targets.call(batch.next()).min(0);
    Tensor expected = policy.logProbs().exp().mul(values).sum(-1);
    Tensor soft = expected.add(policy.entropy().mul(temperature));
    return batch.rewards().add(batch.discounts().mul(soft));
  }

  /// Squared errors of the values of the actions that were taken, both critics added.
  private static Loss criticLoss(Ensemble<Layer> critics, Transitions batch, Tensor goals) {
    Tensor taken = batch.actions().unsqueeze(0).expand(critics.size(), batch.size());
    Tensor errors = critics.call(batch.observations()).pick(taken).sub(goals);
    return new Loss(errors.square().sum(), Tensor.scalar((float) batch.size()));
  }

  /// `sum_a pi(a | s) (alpha log pi(a | s) - Q(s, a))` (equation 12), and the entropies `[B]`.
  ///
  /// @param values Q, `[B, A]`
  static Loss.With<Tensor> actorLoss(Categorical policy, Tensor values, Tensor temperature) {
    Tensor expected = policy.logProbs().exp().mul(values).sum(-1);
    Tensor entropy = policy.entropy();
    return Losses.mean(entropy.mul(temperature).add(expected).neg()).with(entropy);
  }

  // --- what it is to its caller ---

  @Override
  public long steps() {
    return interaction.steps();
  }

  @Override
  public Policy policy() {
    return state.actor.policy();
  }

  @Override
  public List<Trajectory> remembered() {
    return interaction.remembered(actions -> actions);
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
