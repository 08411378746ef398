package telos.rl.online;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import telos.autograd.Grad;
import telos.autograd.Loss;
import telos.nn.AdamW;
import telos.nn.Clip;
import telos.nn.Optimizer;
import telos.rl.ActorCritic;
import telos.rl.Hyperparameters;
import telos.rl.Learner;
import telos.rl.Policy;
import telos.rl.Returns;
import telos.rl.Snapshot;
import telos.rl.Trajectory;
import telos.rl.environment.Environment;
import telos.rl.vector.Disabled;
import telos.tensor.DType;
import telos.tensor.Rng;
import telos.tensor.Scope;
import telos.tensor.Tensor;

/// REINFORCE (Williams 1992) with a learnt baseline (Sutton and Barto 2018, section 13.4): a step
/// along `sum_t gamma^t (G_t - v(s_t)) grad log pi(a_t | s_t)`, averaged over whole episodes, which
/// is on the average the gradient of the expected discounted return.
///
/// It is for environments whose episodes end. One that is truncated goes on with the baseline's
/// value of its last observation. Ours: Adam instead of plain steps, and many episodes a step.
public final class Reinforce implements Learner {
  /// @param episodes of an iteration, acted in side by side
  /// @param rate alpha, of Adam
  /// @param gamma discount
  /// @param baseline weight of the baseline's squared error
  /// @param maxNorm longest gradient
  /// @param hidden widths of the hidden layers
  public record Config(
      int episodes,
      double rate,
      double gamma,
      double baseline,
      double maxNorm,
      List<Integer> hidden) {
    public Config {
      var check = new Hyperparameters("reinforce");
      check.atLeast(1, "episodes", episodes);
      check.positive("rate", rate);
      check.share("gamma", gamma);
      check.notNegative("baseline", baseline);
      check.positive("maxNorm", maxNorm);
      check.widths("hidden", hidden);
      hidden = List.copyOf(hidden);
    }

    public static Config defaults() {
      return new Config(8, 3e-3, 0.99, 0.5, 10, List.of(64, 64));
    }
  }

  /// What is learnt, and what Adam remembers.
  record Learnt(ActorCritic model, Optimizer.State moments) {}

  private final Config config;
  private final Rng key;
  private final Disabled environments;
  private final AdamW optimizer;
  private Learnt learnt;

  public <O, A> Reinforce(
      Config config, Supplier<? extends Environment<O, A>> environment, Rng key) {
    this.config = config;
    this.key = key;
    environments = new Disabled(Stream.generate(environment).limit(config.episodes).toList());
    environments.reset(key.fold("environment"));
    optimizer = AdamW.adam(config.rate);
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
            "reinforce",
            () -> {
              Policy.Agent agent = policy().begin(config.episodes);
              List<Trajectory> episodes =
                  Trajectory.episodes(environments, agent, key.fold("action"));
              Steps steps = Steps.of(learnt.model, episodes, config.gamma);
              var step = Grad.valueAndGradWith(m -> loss(m, steps, config.baseline), learnt.model);
              var gradient = Clip.byGlobalNorm(step.step().grad(), config.maxNorm);
              var next = optimizer.step(learnt.model, gradient.gradient(), learnt.moments);
              Map<String, Double> report = report(episodes);
              report.put("baseline_loss", step.aux().mean().item());
              report.put("gradient_norm", gradient.norm());
              return new Iteration(new Learnt(next.model(), next.state()), report);
            });
    learnt = done.learnt;
    return done.report;
  }

  /// The steps of all episodes, one after the other.
  ///
  /// @param episodes how many
  /// @param returns G, `[B]`
  /// @param advantages `gamma^t (G - v)`, `[B]`
  record Steps(
      int episodes, Tensor observations, Tensor actions, Tensor returns, Tensor advantages) {
    static Steps of(ActorCritic model, List<Trajectory> episodes, double gamma) {
      List<Tensor> observations = new ArrayList<>();
      List<Tensor> actions = new ArrayList<>();
      List<Tensor> returns = new ArrayList<>();
      List<Tensor> advantages = new ArrayList<>();
      for (Trajectory episode : episodes) {
        int length = episode.length();
        double[] values = model.values(episode.observations()).toDoubles();
        double[] gains = returns(episode, gamma, episode.terminated() ? 0 : values[length]);
        double[] weighted = new double[length];
        Arrays.setAll(weighted, t -> StrictMath.pow(gamma, t) * (gains[t] - values[t]));
        observations.add(episode.observations().slice(0, 0, length));
        actions.add(episode.actions());
        returns.add(Tensor.of(gains));
        advantages.add(Tensor.of(weighted));
      }
      return new Steps(
          episodes.size(),
          Tensor.concat(0, observations),
          Tensor.concat(0, actions),
          Tensor.concat(0, returns).cast(DType.F32),
          Tensor.concat(0, advantages).cast(DType.F32));
    }

    private static double[] returns(Trajectory episode, double gamma, double bootstrap) {
      double[] discounts = new double[episode.length()];
      Arrays.fill(discounts, gamma);
      return Returns.discounted(episode.rewards().toDoubles(), discounts, bootstrap);
    }
  }

  /// The squared errors of the baseline `[B]` come along.
  static Loss.With<Tensor> loss(ActorCritic model, Steps steps, double baseline) {
    Tensor logProb = model.actor().call(steps.observations).logProb(steps.actions);
    Tensor error = model.values(steps.observations).sub(steps.returns).square();
    Tensor sum = error.sum().mul(0.5 * baseline).sub(logProb.mul(steps.advantages).sum());
    return new Loss(sum, Tensor.scalar((float) steps.episodes)).with(error);
  }

  private static Map<String, Double> report(List<Trajectory> episodes) {
    Map<String, Double> report = new LinkedHashMap<>();
    report.put("return", episodes.stream().mapToDouble(Trajectory::total).average().orElseThrow());
    report.put("length", episodes.stream().mapToInt(Trajectory::length).average().orElseThrow());
    return report;
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
    writer.putTree("learnt", new Learnt(learnt.model, learnt.moments.copy()));
    return writer.snapshot();
  }

  @Override
  public void restore(Snapshot from) {
    Learnt found = from.tree("learnt", learnt);
    learnt = new Learnt(found.model, found.moments.copy());
    environments.restore(from.below("environments"));
  }

  @Override
  public void close() {
    environments.close();
  }
}
