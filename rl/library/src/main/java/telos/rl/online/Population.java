package telos.rl.online;

import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import telos.nn.Activation;
import telos.nn.Layer;
import telos.rl.Networks;
import telos.rl.Policy;
import telos.rl.environment.Environment;
import telos.rl.environment.Space;
import telos.rl.vector.Disabled;
import telos.rl.vector.VectorStep;
import telos.tensor.Rng;
import telos.tensor.Scope;
import telos.tensor.Tensor;

/// Policies of one shape that differ in their parameters, let act at the same time: what methods of
/// search over parameters try out. They act without chance, by the largest output for a discrete
/// action, by `tanh` scaled to the bounds for a box.
///
/// The networks of all are one [telos.tensor.Tree#stack], so a step of all is one batched product.
final class Population implements AutoCloseable {
  private final Disabled vector;
  private final int members;
  private final int episodes;
  private final int horizon;
  private long interactions;

  /// @param members P
  /// @param episodes that each acts in
  /// @param horizon steps after which an episode is left
  <O, A> Population(
      Supplier<? extends Environment<O, A>> environment, int members, int episodes, int horizon) {
    List<? extends Environment<O, A>> copies =
        Stream.generate(environment).limit((long) members * episodes).toList();
    this.vector = new Disabled(copies);
    this.members = members;
    this.episodes = episodes;
    this.horizon = horizon;
  }

  /// A network for one policy.
  Layer network(List<Integer> hidden, Rng key) {
    Space<?> observations = vector.observationSpace();
    if (observations instanceof Space.Box box && box.shape().size() > 1) {
      throw new IllegalArgumentException(
          "policy search: observations are " + observations + "; flatten them to a vector first");
    }
    return Networks.orthogonal(hidden, Activation.TANH, 1).of(observations, outputs(), key);
  }

  private int outputs() {
    return switch (vector.actionSpace()) {
      case Space.Discrete discrete -> discrete.n();
      case Space.Box box -> box.size();
      default ->
          throw new IllegalArgumentException(
              "policy search: it knows no actions of " + vector.actionSpace());
    };
  }

  /// What a network does.
  Policy policy(Layer network) {
    Space<?> actions = vector.actionSpace();
    return new Policy.Deterministic<>(
        network, (own, observations) -> action(actions, own.call(observations)));
  }

  /// @param outputs `[..., A]`
  private static Tensor action(Space<?> actions, Tensor outputs) {
    if (!(actions instanceof Space.Box box)) {
      return outputs.argMax(-1);
    }
    float[] center = new float[box.size()];
    float[] reach = new float[box.size()];
    for (int i = 0; i < reach.length; i++) {
      boolean bounded = Float.isFinite(box.low()[i]) && Float.isFinite(box.high()[i]);
      reach[i] = bounded ? (box.high()[i] - box.low()[i]) / 2 : 1;
      center[i] = bounded ? box.low()[i] + reach[i] : 0;
    }
    return outputs.tanh().mul(Tensor.of(reach)).add(Tensor.of(center));
  }

  /// What was achieved.
  ///
  /// @param returns mean over its episodes, a number each, `[P]`
  /// @param length mean over all episodes
  @SuppressWarnings("ArrayRecordComponent") // compared by identity
  record Scores(double[] returns, double length) {
    double mean() {
      return Arrays.stream(returns).average().orElse(0);
    }

    double best() {
      return Arrays.stream(returns).max().orElse(0);
    }
  }

  /// Lets each act in its episodes.
  ///
  /// @param networks of all, every leaf `[P, ...]`
  Scores evaluate(Layer networks, Rng key) {
    double[] returns = new double[members];
    long before = steps();
    vector.reset(key);
    for (int t = 0; t < horizon && anyRuns(); t++) {
      double[] rewards = Scope.call("policy search", () -> step(networks).rewards());
      for (int i = 0; i < rewards.length; i++) {
        returns[i / episodes] += rewards[i] / episodes;
      }
    }
    return new Scores(returns, (double) (steps() - before) / vector.count());
  }

  private boolean anyRuns() {
    boolean any = false;
    for (boolean runs : vector.running()) {
      any |= runs;
    }
    return any;
  }

  private VectorStep step(Layer networks) {
    Tensor observations = vector.current();
    Tensor mine =
        observations.reshape(
            observations.shape().without(0).insert(0, episodes).insert(0, members));
    Tensor actions = action(vector.actionSpace(), networks.call(mine));
    return vector.step(
        actions.reshape(actions.shape().without(0).without(0).insert(0, vector.count())));
  }

  /// How many steps were taken.
  long steps() {
    return interactions + vector.interactions();
  }

  /// Says how many were taken before.
  void restore(long steps) {
    interactions = steps - vector.interactions();
  }

  @Override
  public void close() {
    vector.close();
  }
}
