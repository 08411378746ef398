package telos.rl.online;

import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import telos.autograd.Grad;
import telos.nn.Activation;
import telos.nn.AdamW;
import telos.nn.Clip;
import telos.nn.GruCell;
import telos.nn.Layer;
import telos.nn.LstmCell;
import telos.nn.Optimizer;
import telos.nn.Sequential;
import telos.rl.Actor;
import telos.rl.ExponentialFamily;
import telos.rl.Hyperparameters;
import telos.rl.Learner;
import telos.rl.Memory;
import telos.rl.Networks;
import telos.rl.Policy;
import telos.rl.RememberingPolicy;
import telos.rl.Rollout;
import telos.rl.Snapshot;
import telos.rl.environment.Environment;
import telos.rl.environment.Space;
import telos.rl.vector.SameStep;
import telos.tensor.Rng;
import telos.tensor.Scope;
import telos.tensor.Tensor;

/// [Ppo] with a memory, for what a single observation does not show, after CleanRL's
/// `ppo_atari_lstm.py`: policy and critic read one memory, which goes on from rollout to rollout; a
/// minibatch is the whole sequences of some environments, read again from the state they began
/// with, through which the gradient flows back to the rollout's first step.
///
/// As there, the state with which a rollout begins is what older networks made of older steps.
public final class RecurrentPpo implements Learner {
  /// What remembers.
  public enum Kind {
    LSTM,
    GRU,
    /// Attention to the last `window` observations.
    TRANSFORMER
  }

  /// @param memory what remembers
  /// @param width D, of what it gives
  /// @param window K, how far a transformer looks back
  /// @param environments N, acted in side by side
  /// @param steps T in each, an iteration
  /// @param epochs K, passes over an iteration's N sequences
  /// @param minibatches into which each pass is split; at most N
  /// @param rate of Adam, at the beginning
  /// @param annealing after so many interactions the rate has fallen to zero, in a straight line; 0
  ///   keeps it as it is
  /// @param gamma discount
  /// @param lambda of the generalised advantage estimates
  /// @param clipRange epsilon, how far a ratio may move from one and gain by it
  /// @param value c1, weight of the critic's loss
  /// @param entropy c2, weight of the entropy
  /// @param maxNorm longest gradient
  /// @param targetKl see [Ppo.Config]
  /// @param hidden widths of the layers that read an observation
  public record Config(
      Kind memory,
      int width,
      int window,
      int environments,
      int steps,
      int epochs,
      int minibatches,
      double rate,
      long annealing,
      double gamma,
      double lambda,
      double clipRange,
      double value,
      double entropy,
      double maxNorm,
      double targetKl,
      List<Integer> hidden) {
    private static final int HEAD = 16;

    public Config {
      var check = new Hyperparameters("recurrentPpo");
      check.atLeast(1, "width", width);
      boolean divides = memory != Kind.TRANSFORMER || width % HEAD == 0;
      check.require(divides, "width", width, "a multiple of " + HEAD + " for a transformer");
      check.atLeast(1, "window", window);
      hidden = List.copyOf(hidden);
      Ppo.Config _ =
          ppo(
              environments,
              steps,
              epochs,
              minibatches,
              rate,
              annealing,
              gamma,
              lambda,
              clipRange,
              value,
              entropy,
              maxNorm,
              targetKl,
              hidden);
      check.require(
          minibatches <= environments, "minibatches", minibatches, "at most one an environment");
    }

    /// CleanRL's, with a clip range for small observations.
    public static Config defaults() {
      return new Config(
          Kind.LSTM,
          128,
          16,
          8,
          128,
          4,
          4,
          2.5e-4,
          1_000_000,
          0.99,
          0.95,
          0.2,
          0.5,
          0.01,
          0.5,
          0,
          List.of(64));
    }

    private Ppo.Config ppo() {
      return ppo(
          environments,
          steps,
          epochs,
          minibatches,
          rate,
          annealing,
          gamma,
          lambda,
          clipRange,
          value,
          entropy,
          maxNorm,
          targetKl,
          hidden);
    }

    private static Ppo.Config ppo(
        int environments,
        int steps,
        int epochs,
        int minibatches,
        double rate,
        long annealing,
        double gamma,
        double lambda,
        double clipRange,
        double value,
        double entropy,
        double maxNorm,
        double targetKl,
        List<Integer> hidden) {
      return new Ppo.Config(
          environments,
          steps,
          epochs,
          minibatches,
          rate,
          annealing,
          gamma,
          lambda,
          clipRange,
          true,
          value,
          entropy,
          maxNorm,
          targetKl,
          true,
          false,
          false,
          Curiosity.Kind.NONE,
          0,
          hidden);
    }
  }

  /// A memory and what reads it.
  ///
  /// @param critic from `[B, D]` to values `[B, 1]`
  record Model(Memory memory, Actor actor, Layer critic) {
    static Model of(Space<?> observations, Space<?> actions, Config config, Rng key) {
      Memory memory = memory(observations, config, key);
      Space.Box known = Space.Box.anywhere(List.of(memory.width()));
      Networks policy = Networks.orthogonal(List.of(), Activation.TANH, 0.01);
      Networks value = Networks.orthogonal(List.of(), Activation.TANH, 1);
      return new Model(
          memory,
          Actor.of(actions, policy, known, key.fold("actor")),
          value.of(known, 1, key.fold("critic")));
    }

    private static Memory memory(Space<?> observations, Config config, Rng key) {
      Networks networks = Networks.orthogonal(config.hidden, Activation.TANH, Math.sqrt(2));
      Layer reader =
          Sequential.of(
              networks.of(observations, config.width, key.fold("reader")), Activation.TANH);
      Rng own = key.fold("memory");
      int width = config.width;
      return switch (config.memory) {
        case LSTM -> new Memory.Recurrent(reader, LstmCell.init(width, width, own));
        case GRU -> new Memory.Recurrent(reader, GruCell.init(width, width, own));
        case TRANSFORMER ->
            Memory.Window.init(reader, config.window, width, width / Config.HEAD, 1, own);
      };
    }

    Tensor values(Tensor known) {
      return critic.call(known).squeeze(-1);
    }

    RememberingPolicy policy() {
      return new RememberingPolicy(memory, actor, false);
    }
  }

  /// What is learnt, and what Adam remembers.
  record Learnt(Model model, Optimizer.State moments) {}

  private final Config config;
  private final Ppo.Config ppo;
  private final Rng key;
  private final SameStep environments;
  private Learnt learnt;

  /// Of each environment `[N, S]`; where an episode begins it is not looked at.
  private Tensor state;

  private long iteration;

  public <O, A> RecurrentPpo(
      Config config, Supplier<? extends Environment<O, A>> environment, Rng key) {
    this.config = config;
    this.ppo = config.ppo();
    this.key = key;
    environments = new SameStep(Stream.generate(environment).limit(config.environments).toList());
    environments.reset(key.fold("environment"));
    Model model =
        Model.of(
            environments.observationSpace(), environments.actionSpace(), config, key.fold("model"));
    learnt = new Learnt(model, ppo.optimizer(0).init(model));
    state = model.memory.start(config.environments);
  }

  @Override
  public Map<String, Double> advance() {
    record Iteration(Learnt learnt, Tensor state, Map<String, Double> report) {}
    Iteration done =
        Scope.call(
            "recurrentPpo",
            () -> {
              RememberingPolicy.Walker agent = learnt.model.policy().begin(state);
              Rollout rollout = Rollout.of(environments, agent, config.steps, key.fold("action"));
              Map<String, Double> report = rollout.episodes();
              Sequences all =
                  Sequences.of(learnt.model, rollout, state, environments.begins(), ppo);
              Learnt next = learn(all, report);
              return new Iteration(next, agent.state(config.environments), report);
            });
    learnt = done.learnt;
    state = done.state;
    iteration++;
    return done.report;
  }

  // --- updates ---

  private Learnt learn(Sequences all, Map<String, Double> report) {
    AdamW optimizer = ppo.optimizer(iteration);
    Learnt next = learnt;
    SurrogateTerms.Tally tally = new SurrogateTerms.Tally();
    for (int epoch = 0; epoch < config.epochs && !tally.beyond(config.targetKl); epoch++) {
      Rng order = key.fold("order").fold(iteration).fold(epoch);
      for (Tensor chosen : Minibatches.of(config.environments, config.minibatches, order)) {
        Sequences some = all.of(chosen.toInts());
        OldSteps steps = some.steps().normalised();
        var step =
            Grad.valueAndGradWith(
                model -> {
                  Tensor states =
                      model.memory.states(steps.observations(), some.goesOn(), some.before());
                  Tensor known = model.memory.output(states);
                  ExponentialFamily policy = model.actor.call(known, steps.allowed());
                  return Ppo.loss(policy, model.values(known), steps, ppo);
                },
                next.model);
        var gradient = Clip.byGlobalNorm(step.step().grad(), config.maxNorm).gradient();
        var moved = optimizer.step(next.model, gradient, next.moments);
        next = new Learnt(moved.model(), moved.state());
        tally.add(step.aux(), ppo.clipRange());
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
    return learnt.model.policy();
  }

  @Override
  public Snapshot snapshot() {
    var writer = new Snapshot.Writer();
    writer.put("environments", environments.snapshot());
    writer.put("iteration", iteration);
    writer.put("state", state);
    writer.putTree("learnt", new Learnt(learnt.model, learnt.moments.copy()));
    return writer.snapshot();
  }

  @Override
  public void restore(Snapshot from) {
    Learnt found = from.tree("learnt", learnt);
    learnt = new Learnt(found.model, found.moments.copy());
    state = from.tensor("state");
    environments.restore(from.below("environments"));
    iteration = from.counters("iteration")[0];
  }

  @Override
  public void close() {
    environments.close();
  }
}
