package telos.rl.online;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import telos.autograd.Grad;
import telos.autograd.Step;
import telos.nn.Activation;
import telos.nn.AdamW;
import telos.nn.Ema;
import telos.nn.Layer;
import telos.nn.Losses;
import telos.nn.Optimizer;
import telos.nn.Schedule;
import telos.rl.EpsilonGreedy;
import telos.rl.Hyperparameters;
import telos.rl.Learner;
import telos.rl.Networks;
import telos.rl.Policy;
import telos.rl.PrioritisedBuffer;
import telos.rl.Snapshot;
import telos.rl.Transitions;
import telos.rl.environment.Environment;
import telos.rl.environment.Space;
import telos.tensor.Rng;
import telos.tensor.Scope;
import telos.tensor.Tensor;

/// Deep Q-networks (Mnih et al. 2015), with what has been added since, each on its own:
///
/// - the double estimator (van Hasselt et al. 2016): the network chooses the next action, the
///   target network says what it is worth;
/// - the duelling network (Wang et al. 2016, eq. 9), see [Duelling];
/// - transitions over n steps, see [telos.rl.NStep];
/// - prioritised replay with importance weights (Schaul et al. 2016), see [PrioritisedBuffer];
/// - goals in hindsight (Andrychowicz et al. 2017), see [telos.rl.Her];
/// - curiosity (Pathak et al. 2017; Burda et al. 2019), see [Curiosity]: the bonus of a transition
///   is computed anew whenever it is replayed, so it falls for what has become familiar.
///
/// The loss is the squared error, as in CleanRL, or one whose derivative is clipped to `[-1, 1]`,
/// as in the paper: Huber's.
public final class Dqn implements Learner {
  private static final Hyperparameters REQUIRE = new Hyperparameters("dqn");

  private final Config config;
  private final int actions;
  private final Experience experience;
  private final Schedule epsilon;
  private final Schedule importance;
  private final Optimizer optimizer;
  private final Rng key;
  private Learnt now;

  /// @param hidden widths of the hidden layers; ReLU between them
  /// @param environments that are acted in together
  /// @param rate step size of Adam
  /// @param gamma discount
  /// @param capacity of the replay buffer
  /// @param batch transitions of an update
  /// @param learningStarts steps before the first update
  /// @param trainEvery steps in each environment between updates
  /// @param updates of the network, each time
  /// @param targetEvery steps after which the target network follows
  /// @param tau by how much it follows; 1 makes it equal
  /// @param epsilonStart probability of an arbitrary action at first
  /// @param epsilonEnd the same from step `explorationSteps` on
  /// @param explorationSteps during which epsilon falls in a straight line
  /// @param doubleEstimator whether the network chooses the action that its target values
  /// @param duelling whether values of states and advantages of actions are told apart
  /// @param clipped whether the derivative of the loss is clipped
  /// @param steps n, of a transition
  /// @param priority alpha of prioritised replay; 0 draws uniformly
  /// @param importance beta of its weights at first
  /// @param importanceSteps until it is 1
  /// @param hindsight k, how many goals in hindsight each transition gets; needs an environment of
  ///   goals
  /// @param curiosity the kind of bonus
  /// @param bonus by how much it counts beside the reward
  public record Config(
      List<Integer> hidden,
      int environments,
      double rate,
      double gamma,
      int capacity,
      int batch,
      int learningStarts,
      int trainEvery,
      int updates,
      int targetEvery,
      double tau,
      double epsilonStart,
      double epsilonEnd,
      int explorationSteps,
      boolean doubleEstimator,
      boolean duelling,
      boolean clipped,
      int steps,
      double priority,
      double importance,
      int importanceSteps,
      int hindsight,
      Curiosity.Kind curiosity,
      double bonus) {
    public Config {
      REQUIRE.atLeast(1, "environments", environments);
      REQUIRE.positive("rate", rate);
      REQUIRE.share("gamma", gamma);
      REQUIRE.atLeast(1, "capacity", capacity);
      REQUIRE.atLeast(1, "batch", batch);
      REQUIRE.atLeast(0, "learningStarts", learningStarts);
      REQUIRE.atLeast(1, "trainEvery", trainEvery);
      REQUIRE.atLeast(1, "updates", updates);
      REQUIRE.atLeast(1, "targetEvery", targetEvery);
      REQUIRE.share("tau", tau);
      REQUIRE.share("epsilonStart", epsilonStart);
      REQUIRE.share("epsilonEnd", epsilonEnd);
      REQUIRE.atLeast(1, "explorationSteps", explorationSteps);
      REQUIRE.atLeast(1, "steps", steps);
      REQUIRE.share("priority", priority);
      REQUIRE.share("importance", importance);
      REQUIRE.atLeast(1, "importanceSteps", importanceSteps);
      REQUIRE.atLeast(0, "hindsight", hindsight);
      REQUIRE.require(hindsight == 0 || steps == 1, "steps", steps, "1 where goals are told anew");
      REQUIRE.notNegative("bonus", bonus);
    }

    /// CleanRL's `dqn.py` for CartPole-v1, whose epsilon falls during half of its 500 000 steps:
    /// none of the additions.
    public static Config defaults() {
      return new Config(
          List.of(120, 84),
          1,
          2.5e-4,
          0.99,
          10_000,
          128,
          10_000,
          10,
          1,
          500,
          1,
          1,
          0.05,
          250_000,
          false,
          false,
          false,
          1,
          0,
          0.4,
          500_000,
          0,
          Curiosity.Kind.NONE,
          0.1);
    }
  }

  /// What learning changes.
  ///
  /// @param network Q, from observations to `[B, A]`
  /// @param target the same of some time ago
  record Learnt(
      Layer network, Layer target, Optimizer.State optimizer, Optional<Curiosity> curiosity) {}

  /// Action values from an output for the state and one for each action: `Q(s, a) = V(s) + A(s, a)
  /// - mean_a' A(s, a')`. All hidden layers are shared; the paper has one more for each stream.
  ///
  /// @param streams to `[B, 1 + A]`
  record Duelling(Layer streams) implements Layer {
    @Override
    public Tensor call(Tensor x) {
      Tensor both = streams.call(x);
      Tensor value = both.slice(1, 0, 1);
      Tensor advantages = both.slice(1, 1, both.dim(1));
      return value.add(advantages.sub(advantages.mean(1).unsqueeze(1)));
    }
  }

  public <O, A> Dqn(Config config, Supplier<? extends Environment<O, A>> environment, Rng key) {
    this.config = config;
    this.experience =
        new Experience(
            environment,
            config.environments,
            config.steps,
            config.gamma,
            config.hindsight,
            new PrioritisedBuffer(config.capacity, config.priority),
            key.fold("experience"));
    this.actions = REQUIRE.actions(experience.vector().actionSpace());
    this.epsilon = Schedule.linear(config.epsilonStart, config.epsilonEnd, config.explorationSteps);
    this.importance = Schedule.linear(config.importance, 1, config.importanceSteps);
    this.optimizer = AdamW.adam(config.rate);
    this.key = key;
    this.now = init(experience.vector().observationSpace(), experience.vector().actionSpace());
  }

  private Learnt init(Space<?> observations, Space<?> choices) {
    var networks = Networks.uniform(config.hidden, Activation.RELU);
    int outputs = config.duelling ? 1 + actions : actions;
    Layer streams = networks.of(observations, outputs, key.fold("network"));
    Layer network = config.duelling ? new Duelling(streams) : streams;
    Optional<Curiosity> curiosity =
        Curiosity.of(config.curiosity, observations, choices, key.fold("curiosity"));
    return new Learnt(network, network, optimizer.init(network), curiosity);
  }

  @Override
  public Map<String, Double> advance() {
    var means = new Means();
    now =
        Scope.call(
            "dqn",
            () -> {
              means.add(experience.act(this::policy, config.trainEvery));
              return learn(means);
            });
    return means.byName();
  }

  private EpsilonGreedy<Layer> policy(long steps) {
    return new EpsilonGreedy<>(now.network, actions, epsilon.at(steps));
  }

  private Learnt learn(Means means) {
    Learnt learnt = now;
    means.add("epsilon", epsilon.at(experience.steps()));
    if (experience.learns(config.learningStarts)) {
      for (int i = 0; i < config.updates; i++) {
        Rng draw = key.fold("update").fold(experience.steps()).fold(i);
        learnt = Scope.next("dqn: update", learnt, before -> update(before, draw, means));
      }
      if (experience.passed(config.targetEvery, config.trainEvery)) {
        learnt = follow(learnt);
      }
    }
    return learnt;
  }

  private Learnt update(Learnt learnt, Rng draw, Means means) {
    PrioritisedBuffer buffer = experience.buffer();
    var sample = buffer.sample(config.batch, importance.at(experience.steps()), draw);
    Transitions batch = rewarded(sample.transitions(), learnt.curiosity, means);
    Tensor targets = targets(learnt.network, learnt.target, batch, config.doubleEstimator);
    Step.With<Layer, Tensor> step =
        Grad.valueAndGradWith(
            network -> {
              Tensor errors = network.call(batch.observations()).pick(batch.actions()).sub(targets);
              return Losses.mean(penalty(errors, config.clipped).mul(sample.weights()))
                  .with(errors);
            },
            learnt.network);
    if (config.priority > 0) {
      buffer.update(sample.positions(), step.aux());
    }
    means.add("loss", step.step().value());
    means.add("target", targets.mean().item());
    var next = optimizer.step(learnt.network, step.step().grad(), learnt.optimizer);
    return new Learnt(
        next.model(),
        learnt.target,
        next.state(),
        learnt.curiosity.map(curiosity -> curiosity.update(batch)));
  }

  /// The square, or what has the derivative `clamp(error, -1, 1)`.
  static Tensor penalty(Tensor errors, boolean clipped) {
    if (!clipped) {
      return errors.square();
    }
    Tensor near = errors.abs().minimum(1);
    return near.square().mul(0.5).add(errors.abs().sub(near));
  }

  private Transitions rewarded(Transitions batch, Optional<Curiosity> curiosity, Means means) {
    return curiosity
        .map(own -> {
          Tensor bonus = own.bonus(batch);
          means.add("bonus", bonus.mean().item());
          return batch.withRewards(batch.rewards().add(bonus.mul(config.bonus)));
        })
        .orElse(batch);
  }

  /// `r + discount Q'(s', a*)`, `[B]`: with the double estimator `a*` is the best sensible action
  /// by the network, else by the target network that also values it.
  static Tensor targets(Layer network, Layer target, Transitions batch, boolean doubleEstimator) {
    Tensor values = target.call(batch.next());
    Tensor chooses = doubleEstimator ? network.call(batch.next()) : values;
    Tensor future = values.pick(batch.best(chooses));
    return batch.rewards().add(batch.discounts().mul(future));
  }

  private Learnt follow(Learnt learnt) {
    Layer target =
        config.tau == 1 ? learnt.network : Ema.step(learnt.target, learnt.network, 1 - config.tau);
    return new Learnt(learnt.network, target, learnt.optimizer, learnt.curiosity);
  }

  @Override
  public long steps() {
    return experience.steps();
  }

  @Override
  public Policy policy() {
    return policy(experience.steps());
  }

  @Override
  public Snapshot snapshot() {
    var writer = new Snapshot.Writer();
    experience.save(writer);
    writer.putTree("network", now.network);
    writer.putTree("target", now.target);
    writer.putTree("optimizer", now.optimizer.copy());
    writer.putTree("curiosity", now.curiosity.map(Curiosity::copy));
    return writer.snapshot();
  }

  @Override
  public void restore(Snapshot snapshot) {
    experience.restore(snapshot);
    now =
        new Learnt(
            snapshot.tree("network", now.network),
            snapshot.tree("target", now.target),
            snapshot.tree("optimizer", now.optimizer).copy(),
            snapshot.tree("curiosity", now.curiosity).map(Curiosity::copy));
  }

  @Override
  public void close() {
    experience.close();
  }
}
