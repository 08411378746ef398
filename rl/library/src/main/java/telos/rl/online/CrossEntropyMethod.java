package telos.rl.online;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import telos.nn.Layer;
import telos.nn.Schedule;
import telos.rl.Hyperparameters;
import telos.rl.Learner;
import telos.rl.Policy;
import telos.rl.Snapshot;
import telos.rl.environment.Environment;
import telos.tensor.Rng;
import telos.tensor.Scope;
import telos.tensor.Tensor;
import telos.tensor.Tree;

/// The cross-entropy method (Rubinstein 1999) as policy search (Szita and Lorincz 2006): the
/// parameters of a policy are drawn from independent normal distributions, and these are fitted to
/// the best of what was drawn:
///
/// `mu = mean of the elite`, `sigma^2 = variance of the elite + Z_t`,
///
/// with a noise `Z_t` that falls to zero and keeps the distribution from narrowing too early.
public final class CrossEntropyMethod implements Learner {
  private static final Hyperparameters REQUIRE = new Hyperparameters("cross-entropy-method");

  private final Config config;
  private final Population population;
  private final Schedule noise;
  private final Rng key;
  private Learnt now;
  private long generation;

  /// @param hidden widths of the hidden layers; tanh between them
  /// @param members P, policies in a generation
  /// @param elite rho, the share of them that the distributions are fitted to
  /// @param deviation of each parameter at first
  /// @param noise added to the variances at first, `Z_0`
  /// @param noiseGenerations until it is zero, in a straight line
  /// @param episodes that each policy is tried in
  /// @param horizon steps after which an episode is left
  public record Config(
      List<Integer> hidden,
      int members,
      double elite,
      double deviation,
      double noise,
      int noiseGenerations,
      int episodes,
      int horizon) {
    public Config {
      REQUIRE.atLeast(2, "members", members);
      REQUIRE.require(elite > 0 && elite <= 1, "elite", elite, "a number in (0, 1]");
      REQUIRE.positive("deviation", deviation);
      REQUIRE.notNegative("noise", noise);
      REQUIRE.atLeast(1, "noiseGenerations", noiseGenerations);
      REQUIRE.atLeast(1, "episodes", episodes);
      REQUIRE.atLeast(1, "horizon", horizon);
    }

    /// The paper's population and elite; its noise of 5 to 0 in 50 generations is for weights of a
    /// deviation of 10, here it is for one of 1.
    public static Config defaults() {
      return new Config(List.of(16), 100, 0.1, 1, 0.05, 50, 1, 1000);
    }
  }

  /// What learning changes.
  ///
  /// @param means mu, as a network
  /// @param variances sigma^2, of the same structure
  record Learnt(Layer means, Layer variances) {}

  public <O, A> CrossEntropyMethod(
      Config config, Supplier<? extends Environment<O, A>> environment, Rng key) {
    this.config = config;
    this.population = new Population(environment, config.members, config.episodes, config.horizon);
    this.noise = Schedule.linear(config.noise, 0, config.noiseGenerations);
    this.key = key;
    Layer means = population.network(config.hidden, key.fold("network"));
    double variance = config.deviation * config.deviation;
    this.now = new Learnt(means, Tree.map(means, leaf -> leaf.zerosLike().add(variance)));
  }

  @Override
  public Map<String, Double> advance() {
    var means = new Means();
    now = Scope.call("cross-entropy-method", () -> step(now, means));
    generation++;
    return means.byName();
  }

  private Learnt step(Learnt learnt, Means means) {
    Layer drawn = drawn(learnt, key.fold("draw").fold(generation));
    var scores = population.evaluate(drawn, key.fold("evaluate").fold(generation));
    means.add("return", scores.mean());
    means.add("length", scores.length());
    means.add("best", scores.best());
    Tensor elite = Tensor.of(elite(scores.returns()));
    return new Learnt(
        Tree.map(drawn, leaf -> leaf.gather(0, elite).mean(0)),
        Tree.map(drawn, leaf -> variance(leaf.gather(0, elite))));
  }

  /// A generation, leaves `[P, ...]`.
  private Layer drawn(Learnt learnt, Rng draw) {
    Layer normal =
        Tree.mapWithPath(
            learnt.means,
            (path, leaf) -> draw.fold(path).normal(leaf.shape().insert(0, config.members)));
    Layer scaled =
        Tree.zip(
            learnt.variances,
            normal,
            (variance, epsilon) -> epsilon.mul(variance.sqrt().unsqueeze(0)));
    return Tree.zip(learnt.means, scaled, (mean, leaf) -> leaf.add(mean.unsqueeze(0)));
  }

  private Tensor variance(Tensor rows) {
    Tensor spread = rows.sub(rows.mean(0).unsqueeze(0)).square().mean(0);
    return spread.add(noise.at(generation));
  }

  /// The best, the first among equals.
  private int[] elite(double[] returns) {
    int count = Math.max(1, (int) Math.round(config.elite * returns.length));
    return IntStream.range(0, returns.length)
        .boxed()
        .sorted(Comparator.comparingDouble(i -> -returns[i]))
        .limit(count)
        .mapToInt(Integer::intValue)
        .toArray();
  }

  @Override
  public long steps() {
    return population.steps();
  }

  /// That of the means.
  @Override
  public Policy policy() {
    return population.policy(now.means);
  }

  @Override
  public Snapshot snapshot() {
    var writer = new Snapshot.Writer();
    writer.putTree("means", now.means);
    writer.putTree("variances", now.variances);
    writer.put("counts", generation, population.steps());
    return writer.snapshot();
  }

  @Override
  public void restore(Snapshot snapshot) {
    now = new Learnt(snapshot.tree("means", now.means), snapshot.tree("variances", now.variances));
    generation = snapshot.counters("counts")[0];
    population.restore(snapshot.counters("counts")[1]);
  }

  @Override
  public void close() {
    population.close();
  }
}
