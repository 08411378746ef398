package telos.rl.online;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import telos.autograd.Grad;
import telos.autograd.Loss;
import telos.nn.AdamW;
import telos.nn.Clip;
import telos.nn.Optimizer;
import telos.rl.ActorCritic;
import telos.rl.ExponentialFamily;
import telos.rl.Hyperparameters;
import telos.rl.Learner;
import telos.rl.Policy;
import telos.rl.Returns;
import telos.rl.Rollout;
import telos.rl.Snapshot;
import telos.rl.environment.Environment;
import telos.rl.vector.SameStep;
import telos.tensor.DType;
import telos.tensor.Rng;
import telos.tensor.Scope;
import telos.tensor.Tensor;

/// Advantage actor-critic (Mnih et al. 2016, with environments side by side instead of threads that
/// run apart): after every few steps one gradient of `-A log pi(a | s) + c1 (V(s) - R)^2 / 2 - c2
/// H(pi)`, averaged over the steps.
///
/// The paper's RMSProp is Adam without a first moment; unlike it, Adam corrects the second moment
/// in the first steps.
public final class A2c implements Learner {
  /// @param environments N, acted in side by side
  /// @param steps T in each, between two updates
  /// @param rate of the optimizer
  /// @param decay of its mean squares
  /// @param gamma discount
  /// @param lambda of the generalised advantage estimates; 1 are the paper's n-step returns
  /// @param value c1, weight of the critic's loss
  /// @param entropy c2, weight of the entropy (beta)
  /// @param maxNorm longest gradient
  /// @param hidden widths of the hidden layers
  public record Config(
      int environments,
      int steps,
      double rate,
      double decay,
      double gamma,
      double lambda,
      double value,
      double entropy,
      double maxNorm,
      List<Integer> hidden) {
    public Config {
      var check = new Hyperparameters("a2c");
      check.atLeast(1, "environments", environments);
      check.atLeast(1, "steps", steps);
      check.positive("rate", rate);
      check.below(1, "decay", decay);
      check.share("gamma", gamma);
      check.share("lambda", lambda);
      check.notNegative("value", value);
      check.notNegative("entropy", entropy);
      check.positive("maxNorm", maxNorm);
      check.widths("hidden", hidden);
      hidden = List.copyOf(hidden);
    }

    /// Stable Baselines3's, in eight environments.
    public static Config defaults() {
      return new Config(8, 5, 7e-4, 0.99, 0.99, 1, 1, 0, 0.5, List.of(64, 64));
    }
  }

  /// What is learnt, and what the optimizer remembers.
  record Learnt(ActorCritic model, Optimizer.State squares) {}

  private final Config config;
  private final Rng key;
  private final SameStep environments;
  private final AdamW optimizer;
  private Learnt learnt;

  public <O, A> A2c(Config config, Supplier<? extends Environment<O, A>> environment, Rng key) {
    this.config = config;
    this.key = key;
    environments = new SameStep(Stream.generate(environment).limit(config.environments).toList());
    environments.reset(key.fold("environment"));
    optimizer = AdamW.adam(config.rate).withBetas(0, config.decay).withEps(1e-5);
    ActorCritic model =
        ActorCritic.of(
            environments.observationSpace(),
            environments.actionSpace(),
            config.hidden,
            key.fold("model"));
    learnt = new Learnt(model, optimizer.init(model));
  }

  @Override
  public Map<String, Double> advance() {
    record Iteration(Learnt learnt, Map<String, Double> report) {}
    Iteration done =
        Scope.call(
            "a2c",
            () -> {
              Policy.Agent agent = policy().begin(config.environments);
              Rollout rollout = Rollout.of(environments, agent, config.steps, key.fold("action"));
              Steps steps = Steps.of(learnt.model, rollout, config.gamma, config.lambda);
              var step = Grad.valueAndGradWith(m -> loss(m, steps, config), learnt.model);
              var gradient = Clip.byGlobalNorm(step.step().grad(), config.maxNorm);
              var next = optimizer.step(learnt.model, gradient.gradient(), learnt.squares);
              Map<String, Double> report = rollout.episodes();
              step.aux().report(report, rollout.size());
              report.put("gradient_norm", gradient.norm());
              return new Iteration(new Learnt(next.model(), next.state()), report);
            });
    learnt = done.learnt;
    return done.report;
  }

  /// A rollout with advantages and value targets `[B]`.
  record Steps(
      Tensor observations,
      Optional<Tensor> allowed,
      Tensor actions,
      Tensor advantages,
      Tensor targets) {
    static Steps of(ActorCritic model, Rollout rollout, double gamma, double lambda) {
      Returns.Advantages found = rollout.advantages(rollout.values(model::values), gamma, lambda);
      return new Steps(
          rollout.acted(),
          rollout.allowed(),
          rollout.actions(),
          Tensor.of(found.advantages()).cast(DType.F32),
          Tensor.of(found.targets()).cast(DType.F32));
    }
  }

  /// Sums over the steps.
  record Terms(Tensor policy, Tensor value, Tensor entropy) {
    void report(Map<String, Double> report, int size) {
      report.put("policy_loss", policy.item() / size);
      report.put("value_loss", value.item() / size);
      report.put("entropy", entropy.item() / size);
    }
  }

  static Loss.With<Terms> loss(ActorCritic model, Steps steps, Config config) {
    ExponentialFamily policy = model.actor().call(steps.observations, steps.allowed);
    Tensor gain = policy.logProb(steps.actions).mul(steps.advantages).sum().neg();
    Tensor value = model.values(steps.observations).sub(steps.targets).square().sum().mul(0.5);
    Tensor entropy = policy.entropy().sum();
    Tensor sum = gain.add(value.mul(config.value)).sub(entropy.mul(config.entropy));
    return new Loss(sum, Tensor.scalar((float) steps.targets.size()))
        .with(new Terms(gain, value, entropy));
  }

  // --- the learner ---

  @Override
  public long steps() {
    return environments.interactions();
  }

  @Override
  public Policy policy() {
    return learnt.model.actor().policy();
  }

  @Override
  public Snapshot snapshot() {
    var writer = new Snapshot.Writer();
    writer.put("environments", environments.snapshot());
    writer.putTree("learnt", new Learnt(learnt.model, learnt.squares.copy()));
    return writer.snapshot();
  }

  @Override
  public void restore(Snapshot from) {
    Learnt found = from.tree("learnt", learnt);
    learnt = new Learnt(found.model, found.squares.copy());
    environments.restore(from.below("environments"));
  }

  @Override
  public void close() {
    environments.close();
  }
}
