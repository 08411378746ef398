package telos.rl.online;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import telos.autograd.Grad;
import telos.autograd.Loss;
import telos.nn.AdamW;
import telos.nn.Layer;
import telos.nn.Optimizer;
import telos.rl.Actor;
import telos.rl.ActorCritic;
import telos.rl.ConjugateGradient;
import telos.rl.ExponentialFamily;
import telos.rl.Hyperparameters;
import telos.rl.Kl;
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

/// Trust region policy optimisation (Schulman et al. 2015), for discrete and for continuous
/// actions: the policy that maximises the surrogate `L = E[pi(a | s) / pi_old(a | s) A(s, a)]`
/// while `E[KL(pi_old || pi)] <= delta` (eq. 14).
///
/// To first order in L and second in KL that is a step along `x = F^-1 g`, g the gradient of L and
/// F the Fisher matrix, of length `sqrt(2 delta / x'Fx)`; a line search then makes sure that both
/// hold exactly (appendix C). Advantages are generalised estimates, the critic is fitted by Adam,
/// as in Stable Baselines3's contribution.
public final class Trpo implements Learner {
  /// @param environments N, acted in side by side
  /// @param steps T in each, an iteration
  /// @param maxKl delta, how far a step may go, in nats
  /// @param products most products with F, to solve for the direction
  /// @param damping added to the diagonal of F
  /// @param shrinking by which the line search shortens a step that does not hold
  /// @param attempts of the line search, after which the policy stays as it is
  /// @param gamma discount
  /// @param lambda of the generalised advantage estimates
  /// @param rate of Adam, for the critic
  /// @param epochs of the critic, an iteration
  /// @param minibatches into which each is split
  /// @param hidden widths of the hidden layers
  public record Config(
      int environments,
      int steps,
      double maxKl,
      int products,
      double damping,
      double shrinking,
      int attempts,
      double gamma,
      double lambda,
      double rate,
      int epochs,
      int minibatches,
      List<Integer> hidden) {
    public Config {
      var check = new Hyperparameters("trpo");
      check.atLeast(1, "environments", environments);
      check.atLeast(1, "steps", steps);
      check.require(environments * steps > 1, "steps", steps, "two steps in all at least");
      check.positive("maxKl", maxKl);
      check.atLeast(1, "products", products);
      check.notNegative("damping", damping);
      check.require(
          shrinking > 0 && shrinking < 1, "shrinking", shrinking, "a number between 0 and 1");
      check.atLeast(1, "attempts", attempts);
      check.share("gamma", gamma);
      check.share("lambda", lambda);
      check.positive("rate", rate);
      check.atLeast(0, "epochs", epochs);
      check.require(
          minibatches > 0 && minibatches <= environments * steps,
          "minibatches",
          minibatches,
          "1 to " + environments * steps);
      check.widths("hidden", hidden);
      hidden = List.copyOf(hidden);
    }

    /// Stable Baselines3's.
    public static Config defaults() {
      return new Config(1, 2048, 0.01, 15, 0.1, 0.8, 10, 0.99, 0.95, 1e-3, 10, 16, List.of(64, 64));
    }
  }

  /// What is learnt, and what Adam remembers of the critic.
  record Learnt(ActorCritic model, Optimizer.State moments) {}

  private final Config config;
  private final Rng key;
  private final SameStep environments;
  private final AdamW optimizer;
  private Learnt learnt;
  private long iteration;

  public <O, A> Trpo(Config config, Supplier<? extends Environment<O, A>> environment, Rng key) {
    this.config = config;
    this.key = key;
    environments = new SameStep(Stream.generate(environment).limit(config.environments).toList());
    environments.reset(key.fold("environment"));
    optimizer = AdamW.adam(config.rate);
    ActorCritic model =
        ActorCritic.of(
            environments.observationSpace(),
            environments.actionSpace(),
            config.hidden,
            key.fold("model"));
    learnt = new Learnt(model, optimizer.init(model.critic()));
  }

  @Override
  public Map<String, Double> advance() {
    record Iteration(Learnt learnt, Map<String, Double> report) {}
    Iteration done =
        Scope.call(
            "trpo",
            () -> {
              Policy.Agent agent = policy().begin(config.environments);
              Rollout rollout = Rollout.of(environments, agent, config.steps, key.fold("action"));
              Returns.Advantages found =
                  rollout.advantages(
                      rollout.values(learnt.model::values), config.gamma, config.lambda);
              Map<String, Double> report = rollout.episodes();
              Actor old = learnt.model.actor();
              Actor actor = step(old, Steps.of(old, rollout, found.advantages()), config, report);
              Tensor targets = Tensor.of(found.targets()).cast(DType.F32);
              return new Iteration(fit(actor, rollout.acted(), targets, report), report);
            });
    learnt = done.learnt;
    iteration++;
    return done.report;
  }

  // --- the policy ---

  /// A rollout as the surrogate needs it; all but the observations `[B]`.
  ///
  /// @param logProbs of the actions by the old policy
  record Steps(
      Tensor observations,
      Optional<Tensor> allowed,
      Tensor actions,
      Tensor logProbs,
      Tensor advantages) {
    /// With advantages of mean 0 and deviation 1.
    static Steps of(Actor old, Rollout rollout, double[] advantages) {
      Tensor wide = Tensor.of(advantages);
      Tensor centered = wide.sub(wide.mean());
      double deviation = Math.sqrt(centered.square().sum().item() / (advantages.length - 1));
      Tensor acted = rollout.acted();
      return new Steps(
          acted,
          rollout.allowed(),
          rollout.actions(),
          old.call(acted, rollout.allowed()).logProb(rollout.actions()),
          centered.div(deviation + 1e-8).cast(DType.F32));
    }

    ExponentialFamily choices(Actor actor) {
      return actor.call(observations, allowed);
    }
  }

  /// L.
  static Tensor surrogate(Actor actor, Steps steps) {
    Tensor logProb = steps.choices(actor).logProb(steps.actions);
    return logProb.sub(steps.logProbs).exp().mul(steps.advantages).mean();
  }

  /// `E[KL(old || actor)]`.
  static Tensor divergence(Actor old, Actor actor, Steps steps) {
    return Kl.exact(steps.choices(old), steps.choices(actor)).mean();
  }

  /// `F v`: F is the second derivative of the divergence where both policies are the same, and the
  /// product the gradient of its slope along v.
  static Actor fisherProduct(Actor old, Steps steps, Actor v) {
    return Grad.grad(
        at -> {
          Actor slope = Grad.grad(actor -> divergence(old, actor, steps), at);
          return ConjugateGradient.inner(slope, v);
        },
        old);
  }

  /// The next policy.
  static Actor step(Actor old, Steps steps, Config config, Map<String, Double> report) {
    Actor g = Grad.grad(actor -> surrogate(actor, steps), old);
    UnaryOperator<Actor> damped =
        v ->
            Scope.call(
                "fisher",
                () -> ConjugateGradient.plus(fisherProduct(old, steps, v), v, config.damping));
    Actor x = ConjugateGradient.solve(damped, g, config.products, 1e-10);
    double curvature = ConjugateGradient.inner(x, damped.apply(x)).item();
    double before = surrogate(old, steps).item();
    double length = Math.sqrt(2 * config.maxKl / curvature);
    for (int i = 0; i < config.attempts && curvature > 0; i++) {
      Actor next = ConjugateGradient.plus(old, x, length * Math.pow(config.shrinking, i));
      double kl = divergence(old, next, steps).item();
      double gain = surrogate(next, steps).item() - before;
      if (kl <= config.maxKl && gain > 0) {
        report.put("kl", kl);
        report.put("gain", gain);
        return next;
      }
    }
    report.put("kl", 0.0);
    report.put("gain", 0.0);
    return old;
  }

  // --- the critic ---

  private Learnt fit(Actor actor, Tensor seen, Tensor targets, Map<String, Double> report) {
    Layer critic = learnt.model.critic();
    Optimizer.State moments = learnt.moments;
    double error = 0;
    for (int epoch = 0; epoch < config.epochs; epoch++) {
      Rng own = key.fold("order").fold(iteration).fold(epoch);
      for (Tensor rows : Minibatches.of(targets.size(), config.minibatches, own)) {
        Tensor at = seen.gather(0, rows);
        Tensor wanted = targets.gather(0, rows);
        var step =
            Grad.valueAndGrad(
                model -> {
                  Tensor off = model.call(at).squeeze(-1).sub(wanted);
                  return new Loss(off.square().sum(), Tensor.scalar((float) off.size()));
                },
                critic);
        var next = optimizer.step(critic, step.grad(), moments);
        critic = next.model();
        moments = next.state();
        error = step.value();
      }
    }
    report.put("value_loss", error);
    return new Learnt(new ActorCritic(actor, critic), moments);
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
    writer.put("iteration", iteration);
    writer.putTree("learnt", new Learnt(learnt.model, learnt.moments.copy()));
    return writer.snapshot();
  }

  @Override
  public void restore(Snapshot from) {
    Learnt found = from.tree("learnt", learnt);
    learnt = new Learnt(found.model, found.moments.copy());
    environments.restore(from.below("environments"));
    iteration = from.counters("iteration")[0];
  }

  @Override
  public void close() {
    environments.close();
  }
}
