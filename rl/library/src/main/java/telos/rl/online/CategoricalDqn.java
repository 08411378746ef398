package telos.rl.online;

import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import telos.autograd.Grad;
import telos.autograd.Step;
import telos.nn.Activation;
import telos.nn.AdamW;
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
import telos.rl.Support;
import telos.rl.Transitions;
import telos.rl.environment.Environment;
import telos.rl.environment.Space;
import telos.tensor.Rng;
import telos.tensor.Scope;
import telos.tensor.Tensor;
import telos.tensor.fused.LogSoftmax;

/// Categorical DQN, C51 (Bellemare et al. 2017): a network learns the distribution of the return of
/// each action, as masses on the K atoms of a [Support], instead of its mean. It acts by the mean;
/// the loss is the cross-entropy of the distribution of the action done against the projected
/// target `r + discount Z'(s', a*)` with `a* = argmax_a E[Z'(s', a)]` (algorithm 1).
public final class CategoricalDqn implements Learner {
  private static final Hyperparameters REQUIRE = new Hyperparameters("categorical-dqn");

  private final Config config;
  private final int actions;
  private final Experience experience;
  private final Schedule epsilon;
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
  /// @param targetEvery steps after which the target network becomes the network
  /// @param epsilonStart probability of an arbitrary action at first
  /// @param epsilonEnd the same from step `explorationSteps` on
  /// @param explorationSteps during which epsilon falls in a straight line
  /// @param steps n, of a transition
  /// @param atoms K
  /// @param lowest return that the atoms reach, `V_min`
  /// @param highest the largest, `V_max`
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
      double epsilonStart,
      double epsilonEnd,
      int explorationSteps,
      int steps,
      int atoms,
      double lowest,
      double highest) {
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
      REQUIRE.share("epsilonStart", epsilonStart);
      REQUIRE.share("epsilonEnd", epsilonEnd);
      REQUIRE.atLeast(1, "explorationSteps", explorationSteps);
      REQUIRE.atLeast(1, "steps", steps);
      REQUIRE.atLeast(2, "atoms", atoms);
      REQUIRE.require(lowest < highest, "lowest", lowest, "a number below highest, " + highest);
    }

    /// CleanRL's `c51.py` for CartPole-v1, whose epsilon falls during half of its 500 000 steps.
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
          0.05,
          250_000,
          1,
          101,
          -100,
          100);
    }
  }

  /// What learning changes.
  ///
  /// @param network distributions
  /// @param target the same of some time ago
  record Learnt(Atoms network, Atoms target, Optimizer.State optimizer) {}

  /// Action values from distributions.
  ///
  /// @param logits from observations to `[B, A K]`
  record Atoms(Layer logits, Support support) implements Layer {
    /// Log-masses, `[B, A, K]`.
    Tensor of(Tensor observations) {
      Tensor flat = logits.call(observations);
      int atoms = support.atoms();
      return new LogSoftmax(flat.reshape(flat.dim(0), flat.dim(1) / atoms, atoms)).result();
    }

    /// Q, `[B, A]`.
    @Override
    public Tensor call(Tensor observations) {
      return support.mean(of(observations).exp());
    }
  }

  public <O, A> CategoricalDqn(
      Config config, Supplier<? extends Environment<O, A>> environment, Rng key) {
    this.config = config;
    this.experience =
        new Experience(
            environment,
            config.environments,
            config.steps,
            config.gamma,
            0,
            new PrioritisedBuffer(config.capacity, 0),
            key.fold("experience"));
    this.actions = REQUIRE.actions(experience.vector().actionSpace());
    this.epsilon = Schedule.linear(config.epsilonStart, config.epsilonEnd, config.explorationSteps);
    this.optimizer = AdamW.adam(config.rate).withEps(0.01 / config.batch);
    this.key = key;
    this.now = init(experience.vector().observationSpace());
  }

  private Learnt init(Space<?> observations) {
    Layer logits =
        Networks.uniform(config.hidden, Activation.RELU)
            .of(observations, actions * config.atoms, key.fold("network"));
    Support support = new Support(config.lowest, config.highest, config.atoms);
    Atoms network = new Atoms(logits, support);
    return new Learnt(network, network, optimizer.init(network));
  }

  @Override
  public Map<String, Double> advance() {
    var means = new Means();
    now =
        Scope.call(
            "categorical-dqn",
            () -> {
              means.add(experience.act(this::policy, config.trainEvery));
              return learn(means);
            });
    return means.byName();
  }

  private EpsilonGreedy<Atoms> policy(long steps) {
    return new EpsilonGreedy<>(now.network, actions, epsilon.at(steps));
  }

  private Learnt learn(Means means) {
    Learnt learnt = now;
    means.add("epsilon", epsilon.at(experience.steps()));
    if (experience.learns(config.learningStarts)) {
      for (int i = 0; i < config.updates; i++) {
        Rng draw = key.fold("update").fold(experience.steps()).fold(i);
        learnt =
            Scope.next("categorical-dqn: update", learnt, before -> update(before, draw, means));
      }
      if (experience.passed(config.targetEvery, config.trainEvery)) {
        learnt = new Learnt(learnt.network, learnt.network, learnt.optimizer);
      }
    }
    return learnt;
  }

  private Learnt update(Learnt learnt, Rng draw, Means means) {
    Transitions batch = experience.buffer().sample(config.batch, 0, draw).transitions();
    Tensor targets = targets(learnt.target, batch);
    Step<Atoms> step =
        Grad.valueAndGrad(
            network -> {
              Tensor logMasses = chosen(network.of(batch.observations()), batch.actions());
              return Losses.mean(targets.mul(logMasses).sum(1).neg());
            },
            learnt.network);
    means.add("loss", step.value());
    means.add("target", learnt.target.support.mean(targets).mean().item());
    var next = optimizer.step(learnt.network, step.grad(), learnt.optimizer);
    return new Learnt(next.model(), learnt.target, next.state());
  }

  /// The projected distribution of `r + discount Z'(s', a*)`, `[B, K]`.
  private static Tensor targets(Atoms target, Transitions batch) {
    Tensor masses = target.of(batch.next()).exp();
    Tensor future = chosen(masses, batch.best(target.support.mean(masses)));
    return target.support.project(future, batch.rewards(), batch.discounts());
  }

  /// The row `[B, K]` of one action each.
  ///
  /// @param rows `[B, A, K]`
  /// @param chosen I32 `[B]`
  private static Tensor chosen(Tensor rows, Tensor chosen) {
    int batch = rows.dim(0);
    int actions = rows.dim(1);
    Tensor flat = rows.reshape(batch * actions, rows.dim(2));
    return flat.gather(0, Tensor.arange(0, batch).mul(actions).add(chosen));
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
    return writer.snapshot();
  }

  @Override
  public void restore(Snapshot snapshot) {
    experience.restore(snapshot);
    now =
        new Learnt(
            snapshot.tree("network", now.network),
            snapshot.tree("target", now.target),
            snapshot.tree("optimizer", now.optimizer).copy());
  }

  @Override
  public void close() {
    experience.close();
  }
}
