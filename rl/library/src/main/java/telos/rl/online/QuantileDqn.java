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
import telos.rl.QuantileHuber;
import telos.rl.Snapshot;
import telos.rl.Transitions;
import telos.rl.environment.Environment;
import telos.rl.environment.Space;
import telos.tensor.Rng;
import telos.tensor.Scope;
import telos.tensor.Tensor;

/// Quantile-regression DQN (Dabney et al. 2018): a network learns K quantiles of the return of each
/// action instead of its mean. It acts by the mean of the quantiles; targets are
///
/// `r + discount theta'_j(s', a*)`, `a* = argmax_a mean_j theta'_j(s', a)`,
///
/// and the loss is [QuantileHuber] of the quantiles of the action done against all of them.
public final class QuantileDqn implements Learner {
  private static final Hyperparameters REQUIRE = new Hyperparameters("quantile-dqn");

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
  /// @param quantiles K
  /// @param kappa where the loss turns from quadratic to linear; 0 is quantile regression proper
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
      int quantiles,
      double kappa) {
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
      REQUIRE.atLeast(1, "quantiles", quantiles);
      REQUIRE.notNegative("kappa", kappa);
    }

    /// Those of the RL Zoo for CartPole-v1 (Raffin 2020), with the paper's kappa and Adam's eps.
    public static Config defaults() {
      return new Config(
          List.of(256, 256),
          1,
          2.3e-3,
          0.99,
          100_000,
          64,
          1000,
          256,
          128,
          10,
          1,
          0.04,
          8000,
          1,
          10,
          1);
    }
  }

  /// What learning changes.
  ///
  /// @param network quantiles
  /// @param target the same of some time ago
  record Learnt(Quantiles network, Quantiles target, Optimizer.State optimizer) {}

  /// Action values from quantiles.
  ///
  /// @param outputs from observations to `[B, A K]`
  record Quantiles(Layer outputs, int count) implements Layer {
    /// `[B, A, K]`.
    Tensor of(Tensor observations) {
      Tensor flat = outputs.call(observations);
      return flat.reshape(flat.dim(0), flat.dim(1) / count, count);
    }

    /// Q, `[B, A]`.
    @Override
    public Tensor call(Tensor observations) {
      return of(observations).mean(2);
    }
  }

  public <O, A> QuantileDqn(
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
    Layer outputs =
        Networks.uniform(config.hidden, Activation.RELU)
            .of(observations, actions * config.quantiles, key.fold("network"));
    Quantiles network = new Quantiles(outputs, config.quantiles);
    return new Learnt(network, network, optimizer.init(network));
  }

  @Override
  public Map<String, Double> advance() {
    var means = new Means();
    now =
        Scope.call(
            "quantile-dqn",
            () -> {
              means.add(experience.act(this::policy, config.trainEvery));
              return learn(means);
            });
    return means.byName();
  }

  private EpsilonGreedy<Quantiles> policy(long steps) {
    return new EpsilonGreedy<>(now.network, actions, epsilon.at(steps));
  }

  private Learnt learn(Means means) {
    Learnt learnt = now;
    means.add("epsilon", epsilon.at(experience.steps()));
    if (experience.learns(config.learningStarts)) {
      for (int i = 0; i < config.updates; i++) {
        Rng draw = key.fold("update").fold(experience.steps()).fold(i);
        learnt = Scope.next("quantile-dqn: update", learnt, before -> update(before, draw, means));
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
    Step<Quantiles> step =
        Grad.valueAndGrad(
            network -> {
              Tensor quantiles = chosen(network.of(batch.observations()), batch.actions());
              return Losses.mean(QuantileHuber.of(quantiles, targets, config.kappa));
            },
            learnt.network);
    means.add("loss", step.value());
    means.add("target", targets.mean().item());
    var next = optimizer.step(learnt.network, step.grad(), learnt.optimizer);
    return new Learnt(next.model(), learnt.target, next.state());
  }

  /// `r + discount theta'(s', a*)`, `[B, K]`.
  private Tensor targets(Quantiles target, Transitions batch) {
    Tensor quantiles = target.of(batch.next());
    Tensor future = chosen(quantiles, batch.best(quantiles.mean(2)));
    return batch.rewards().unsqueeze(1).add(batch.discounts().unsqueeze(1).mul(future));
  }

  /// The quantiles `[B, K]` of one action each.
  ///
  /// @param quantiles `[B, A, K]`
  /// @param chosen I32 `[B]`
  private static Tensor chosen(Tensor quantiles, Tensor chosen) {
    int rows = quantiles.dim(0);
    int actions = quantiles.dim(1);
    Tensor flat = quantiles.reshape(rows * actions, quantiles.dim(2));
    return flat.gather(0, Tensor.arange(0, rows).mul(actions).add(chosen));
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
