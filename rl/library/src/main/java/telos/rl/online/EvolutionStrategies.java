package telos.rl.online;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import telos.nn.AdamW;
import telos.nn.Layer;
import telos.nn.Optimizer;
import telos.nn.Schedule;
import telos.nn.Sgd;
import telos.rl.Hyperparameters;
import telos.rl.Learner;
import telos.rl.Policy;
import telos.rl.Snapshot;
import telos.rl.environment.Environment;
import telos.tensor.Rng;
import telos.tensor.Scope;
import telos.tensor.Tensor;
import telos.tensor.Tree;

/// Evolution strategies (Salimans et al. 2017): the gradient of the expected return of a policy
/// whose parameters are normally distributed around theta, estimated by trying parameters out:
///
/// `g = 1 / (P sigma) sum_i F_i epsilon_i`, F the returns of `theta + sigma epsilon_i`,
///
/// with antithetic pairs `epsilon, -epsilon` and returns shaped to their centred ranks (section
/// 2.1). Observations are not normalised here; the paper normalises the network instead.
public final class EvolutionStrategies implements Learner {
  private static final Hyperparameters REQUIRE = new Hyperparameters("evolution-strategies");

  private final Config config;
  private final Population population;
  private final Optimizer optimizer;
  private final Rng key;
  private Learnt now;
  private long generation;

  /// How a gradient becomes a step.
  public enum Rule {
    ADAM,
    SGD
  }

  /// @param hidden widths of the hidden layers; tanh between them
  /// @param pairs of perturbations in a generation: half of P
  /// @param sigma deviation of the perturbations
  /// @param rate alpha, the step size
  /// @param rule of the optimizer
  /// @param momentum of [Rule#SGD]
  /// @param decay of the weights, with [Rule#ADAM]
  /// @param episodes that each perturbation is tried in
  /// @param horizon steps after which an episode is left
  public record Config(
      List<Integer> hidden,
      int pairs,
      double sigma,
      double rate,
      Rule rule,
      double momentum,
      double decay,
      int episodes,
      int horizon) {
    public Config {
      REQUIRE.atLeast(1, "pairs", pairs);
      REQUIRE.positive("sigma", sigma);
      REQUIRE.positive("rate", rate);
      REQUIRE.share("momentum", momentum);
      REQUIRE.notNegative("decay", decay);
      REQUIRE.atLeast(1, "episodes", episodes);
      REQUIRE.atLeast(1, "horizon", horizon);
    }

    /// The paper's sigma and rate for MuJoCo, with fewer perturbations and smaller networks.
    public static Config defaults() {
      return new Config(List.of(64, 64), 32, 0.02, 0.01, Rule.ADAM, 0.9, 0, 1, 1000);
    }

    Optimizer optimizer() {
      return switch (rule) {
        case ADAM -> AdamW.adam(rate).withWeightDecay(decay);
        case SGD -> new Sgd(Schedule.constant(rate), momentum);
      };
    }
  }

  /// What learning changes.
  ///
  /// @param network theta
  record Learnt(Layer network, Optimizer.State optimizer) {}

  public <O, A> EvolutionStrategies(
      Config config, Supplier<? extends Environment<O, A>> environment, Rng key) {
    this.config = config;
    this.population =
        new Population(environment, 2 * config.pairs, config.episodes, config.horizon);
    this.optimizer = config.optimizer();
    this.key = key;
    Layer network = population.network(config.hidden, key.fold("network"));
    this.now = new Learnt(network, optimizer.init(network));
  }

  @Override
  public Map<String, Double> advance() {
    var means = new Means();
    now = Scope.call("evolution-strategies", () -> step(now, means));
    generation++;
    return means.byName();
  }

  private Learnt step(Learnt learnt, Means means) {
    Rng draw = key.fold("noise").fold(generation);
    Layer noise =
        Tree.mapWithPath(
            learnt.network,
            (path, leaf) -> draw.fold(path).normal(leaf.shape().insert(0, config.pairs)));
    var scores =
        population.evaluate(
            perturbed(learnt.network, noise), key.fold("evaluate").fold(generation));
    means.add("return", scores.mean());
    means.add("length", scores.length());
    means.add("best", scores.best());
    Layer descent = descent(learnt.network, noise, centredRanks(scores.returns()));
    var next = optimizer.step(learnt.network, descent, learnt.optimizer);
    return new Learnt(next.model(), next.state());
  }

  /// All of a generation, first those of `epsilon`, then those of `-epsilon`: leaves `[P, ...]`.
  private Layer perturbed(Layer network, Layer noise) {
    return Tree.zip(
        network,
        noise,
        (leaf, epsilon) ->
            Tensor.concat(0, List.of(epsilon, epsilon.neg()))
                .mul(config.sigma)
                .add(leaf.unsqueeze(0)));
  }

  /// `-g`, as optimizers minimise.
  private Layer descent(Layer network, Layer noise, double[] shaped) {
    float[] weights = new float[config.pairs];
    for (int i = 0; i < weights.length; i++) {
      double difference = shaped[i] - shaped[config.pairs + i];
      weights[i] = (float) (-difference / (2 * config.pairs * config.sigma));
    }
    Tensor row = Tensor.of(weights, 1, config.pairs);
    return Tree.zip(
        network,
        noise,
        (leaf, epsilon) ->
            row.matMul(epsilon.reshape(config.pairs, leaf.size())).reshape(leaf.shape()));
  }

  /// From returns to their ranks, spread evenly over `[-1/2, 1/2]`; equal returns share the mean of
  /// theirs.
  static double[] centredRanks(double[] returns) {
    int count = returns.length;
    Integer[] order = IntStream.range(0, count).boxed().toArray(Integer[]::new);
    Arrays.sort(order, Comparator.comparingDouble(i -> returns[i]));
    double[] ranks = new double[count];
    for (int from = 0, to; from < count; from = to) {
      for (to = from; to < count && returns[order[to]] == returns[order[from]]; ) {
        to++;
      }
      for (int i = from; i < to; i++) {
        ranks[order[i]] = (from + to - 1) / 2.0 / Math.max(1, count - 1) - 0.5;
      }
    }
    return ranks;
  }

  @Override
  public long steps() {
    return population.steps();
  }

  @Override
  public Policy policy() {
    return population.policy(now.network);
  }

  @Override
  public Snapshot snapshot() {
    var writer = new Snapshot.Writer();
    writer.putTree("network", now.network);
    writer.putTree("optimizer", now.optimizer.copy());
    writer.put("counts", generation, population.steps());
    return writer.snapshot();
  }

  @Override
  public void restore(Snapshot snapshot) {
    now =
        new Learnt(
            snapshot.tree("network", now.network),
            snapshot.tree("optimizer", now.optimizer).copy());
    generation = snapshot.counters("counts")[0];
    population.restore(snapshot.counters("counts")[1]);
  }

  @Override
  public void close() {
    population.close();
  }
}
