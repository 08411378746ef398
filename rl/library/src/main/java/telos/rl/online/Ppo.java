package telos.rl.online;

import java.util.LinkedHashMap;
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
import telos.rl.ClippedSurrogate;
import telos.rl.ExponentialFamily;
import telos.rl.Hyperparameters;
import telos.rl.Learner;
import telos.rl.Policy;
import telos.rl.Returns;
import telos.rl.Rollout;
import telos.rl.Snapshot;
import telos.rl.Standardised;
import telos.rl.environment.Environment;
import telos.rl.environment.Space;
import telos.rl.vector.SameStep;
import telos.tensor.DType;
import telos.tensor.Rng;
import telos.tensor.Scope;
import telos.tensor.Tensor;

/// Proximal policy optimisation (Schulman et al. 2017), for discrete and for continuous actions, as
/// CleanRL's `ppo.py` and `ppo_continuous_action.py` have it (Huang et al. 2022 list the details).
///
/// Where it differs: a truncated episode bootstraps from the value of its last observation (there
/// it counts as terminated); log-probabilities and values of a rollout are computed after it, all
/// at once, which gives the same bits; observations are standardised by what earlier iterations
/// saw, so that the ratio begins at exactly one. It may be curious (see [Curiosity]): the bonus of
/// a step is added to its reward, so it ends with the episode like every other.
public final class Ppo implements Learner {
  /// @param environments N, acted in side by side
  /// @param steps T in each, an iteration
  /// @param epochs K, passes over an iteration's N T steps
  /// @param minibatches into which each pass is split
  /// @param rate of Adam, at the beginning
  /// @param annealing after so many interactions the rate has fallen to zero, in a straight line; 0
  ///   keeps it as it is
  /// @param gamma discount
  /// @param lambda of the generalised advantage estimates: 0 trusts the critic, 1 the returns
  /// @param clipRange epsilon, how far a ratio may move from one and gain by it
  /// @param clipValues whether values are kept within `clipRange` of the old ones too
  /// @param value c1, weight of the critic's loss
  /// @param entropy c2, weight of the entropy
  /// @param maxNorm longest gradient
  /// @param targetKl an iteration ends with the first epoch after which the policy is further than
  ///   this from the old one, in nats; 0 never ends it
  /// @param normaliseAdvantages whether those of a minibatch get mean 0 and deviation 1
  /// @param normaliseObservations whether each number of an observation does, by all seen so far
  /// @param normaliseRewards whether they are divided by the deviation of the discounted returns
  ///   seen so far
  /// @param curiosity the kind of bonus
  /// @param bonus by how much it counts beside the reward
  /// @param hidden widths of the hidden layers
  public record Config(
      int environments,
      int steps,
      int epochs,
      int minibatches,
      double rate,
      long annealing,
      double gamma,
      double lambda,
      double clipRange,
      boolean clipValues,
      double value,
      double entropy,
      double maxNorm,
      double targetKl,
      boolean normaliseAdvantages,
      boolean normaliseObservations,
      boolean normaliseRewards,
      Curiosity.Kind curiosity,
      double bonus,
      List<Integer> hidden) {
    public Config {
      var check = new Hyperparameters("ppo");
      check.atLeast(1, "environments", environments);
      check.atLeast(1, "steps", steps);
      check.atLeast(1, "epochs", epochs);
      check.atLeast(1, "minibatches", minibatches);
      int most = environments * steps / (normaliseAdvantages ? 2 : 1);
      check.require(
          minibatches <= most, "minibatches", minibatches, "at most " + most + " of these steps");
      check.positive("rate", rate);
      check.atLeast(0, "annealing", annealing);
      check.share("gamma", gamma);
      check.share("lambda", lambda);
      check.positive("clipRange", clipRange);
      check.notNegative("value", value);
      check.notNegative("entropy", entropy);
      check.positive("maxNorm", maxNorm);
      check.notNegative("targetKl", targetKl);
      check.notNegative("bonus", bonus);
      check.widths("hidden", hidden);
      hidden = List.copyOf(hidden);
    }

    /// CleanRL's for discrete actions.
    public static Config defaults() {
      return new Config(
          4,
          128,
          4,
          4,
          2.5e-4,
          500_000,
          0.99,
          0.95,
          0.2,
          true,
          0.5,
          0.01,
          0.5,
          0,
          true,
          false,
          false,
          Curiosity.Kind.NONE,
          0.1,
          List.of(64, 64));
    }

    /// CleanRL's for continuous actions.
    public static Config continuous() {
      return new Config(
          1,
          2048,
          10,
          32,
          3e-4,
          1_000_000,
          0.99,
          0.95,
          0.2,
          true,
          0.5,
          0,
          0.5,
          0,
          true,
          true,
          true,
          Curiosity.Kind.NONE,
          0.1,
          List.of(64, 64));
    }

    /// Adam of an iteration, counted from 0.
    AdamW optimizer(long iteration) {
      double taken = (double) iteration * environments * steps;
      double left = annealing == 0 ? 1 : Math.max(0, 1 - taken / annealing);
      return AdamW.adam(rate * left).withEps(1e-5);
    }
  }

  /// What is learnt, and what Adam remembers.
  record Learnt(ActorCritic model, Optimizer.State moments, Optional<Curiosity> curiosity) {
    /// In memory of its own, which no later step consumes.
    Learnt copy() {
      return new Learnt(model, moments.copy(), curiosity.map(Curiosity::copy));
    }
  }

  private final Config config;
  private final Rng key;
  private final SameStep environments;
  private Learnt learnt;
  private ScaledRewards scaled;
  private long iteration;

  public <O, A> Ppo(Config config, Supplier<? extends Environment<O, A>> environment, Rng key) {
    this.config = config;
    this.key = key;
    environments = new SameStep(Stream.generate(environment).limit(config.environments).toList());
    environments.reset(key.fold("environment"));
    Space<?> seen = environments.observationSpace();
    ActorCritic model =
        ActorCritic.of(seen, environments.actionSpace(), config.hidden, key.fold("model"));
    if (config.normaliseObservations) {
      int width = new Hyperparameters("ppo: normaliseObservations").width(seen);
      model = model.reading(Standardised.none(width));
    }
    Optional<Curiosity> curiosity =
        Curiosity.of(config.curiosity, seen, environments.actionSpace(), key.fold("curiosity"));
    learnt = new Learnt(model, config.optimizer(0).init(model), curiosity);
    scaled = ScaledRewards.none(config.environments);
  }

  @Override
  public Map<String, Double> advance() {
    Map<String, Double> report = new LinkedHashMap<>();
    learnt =
        Scope.call(
            "ppo",
            () -> {
              Policy.Agent agent = policy().begin(config.environments);
              Rollout rollout = Rollout.of(environments, agent, config.steps, key.fold("action"));
              report.putAll(rollout.episodes());
              return learn(rollout, report);
            });
    iteration++;
    return report;
  }

  // --- the rollout as a sample ---

  /// Everything that is learnt from a rollout.
  private Learnt learn(Rollout raw, Map<String, Double> report) {
    Rollout rollout = raw;
    if (config.normaliseRewards) {
      scaled = scaled.after(raw, config.gamma);
      rollout = raw.withRewards(scaled.of(raw.rewards()));
    }
    rollout = curious(rollout, report);
    OldSteps sample = sample(learnt.model, rollout, config.gamma, config.lambda);
    Learnt next = learn(sample, report);
    Rng order = key.fold("curiosity").fold(iteration);
    return new Learnt(
        next.model.seeing(raw.acted()),
        next.moments,
        next.curiosity.map(
            own -> own.seeing(raw.transitions(config.gamma), config.minibatches, order)));
  }

  /// With the bonus of each step.
  private Rollout curious(Rollout rollout, Map<String, Double> report) {
    return learnt
        .curiosity
        .map(own -> {
          Tensor bonus = own.bonus(rollout.transitions(config.gamma));
          report.put("bonus", bonus.mean().item());
          Tensor rewards = Tensor.of(rollout.rewards(), rollout.size());
          return rollout.withRewards(
              rewards.add(bonus.cast(DType.F64).mul(config.bonus)).toDoubles());
        })
        .orElse(rollout);
  }

  static OldSteps sample(ActorCritic model, Rollout rollout, double gamma, double lambda) {
    Rollout.Values values = rollout.values(model::values);
    Returns.Advantages found = rollout.advantages(values, gamma, lambda);
    Tensor acted = rollout.acted();
    return new OldSteps(
        acted,
        rollout.allowed(),
        rollout.actions(),
        model.actor().call(acted, rollout.allowed()).logProb(rollout.actions()),
        Tensor.of(values.before()).cast(DType.F32),
        Tensor.of(found.advantages()).cast(DType.F32),
        Tensor.of(found.targets()).cast(DType.F32));
  }

  // --- updates ---

  /// `-L^CLIP + c1 L^VF - c2 S` (eq. 9).
  ///
  /// @param policy of what was observed, `[B]`
  /// @param values of it, `[B]`
  static Loss.With<SurrogateTerms> loss(
      ExponentialFamily policy, Tensor values, OldSteps rows, Config config) {
    Tensor logProb = policy.logProb(rows.actions());
    Tensor surrogate =
        ClippedSurrogate.policy(logProb, rows.logProbs(), rows.advantages(), config.clipRange)
            .sum();
    Tensor error =
        config.clipValues
            ? ClippedSurrogate.value(values, rows.values(), rows.targets(), config.clipRange)
            : values.sub(rows.targets()).square().mul(0.5);
    Tensor value = error.sum();
    Tensor entropy = policy.entropy().sum();
    Tensor sum = surrogate.add(value.mul(config.value)).sub(entropy.mul(config.entropy));
    Tensor logRatio = logProb.stopGradient().sub(rows.logProbs());
    return new Loss(sum, Tensor.scalar((float) logRatio.size()))
        .with(new SurrogateTerms(surrogate, value, entropy, logRatio));
  }

  static Loss.With<SurrogateTerms> loss(ActorCritic model, OldSteps rows, Config config) {
    Tensor seen = rows.observations();
    return loss(model.actor().call(seen, rows.allowed()), model.values(seen), rows, config);
  }

  private Learnt learn(OldSteps sample, Map<String, Double> report) {
    AdamW optimizer = config.optimizer(iteration);
    Learnt next = learnt;
    SurrogateTerms.Tally tally = new SurrogateTerms.Tally();
    for (int epoch = 0; epoch < config.epochs && !tally.beyond(config.targetKl); epoch++) {
      Rng order = key.fold("order").fold(iteration).fold(epoch);
      for (Tensor rows : Minibatches.of(sample.values().size(), config.minibatches, order)) {
        OldSteps drawn = sample.rows(rows);
        OldSteps batch = config.normaliseAdvantages ? drawn.normalised() : drawn;
        var step = Grad.valueAndGradWith(model -> loss(model, batch, config), next.model);
        var gradient = Clip.byGlobalNorm(step.step().grad(), config.maxNorm).gradient();
        var moved = optimizer.step(next.model, gradient, next.moments);
        next = new Learnt(moved.model(), moved.state(), next.curiosity);
        tally.add(step.aux(), config.clipRange);
      }
    }
    tally.report(report);
    report.put("rate", optimizer.rate().at(0));
    return next;
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
    writer.putTree("learnt", learnt.copy());
    writer.put("rewards", scaled.snapshot());
    return writer.snapshot();
  }

  @Override
  public void restore(Snapshot from) {
    learnt = from.tree("learnt", learnt).copy();
    scaled = ScaledRewards.of(from.below("rewards"));
    environments.restore(from.below("environments"));
    iteration = from.counters("iteration")[0];
  }

  @Override
  public void close() {
    environments.close();
  }
}
