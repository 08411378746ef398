package telos.rl.environment;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import telos.tensor.Rng;

/// A linear contextual bandit (Li et al. 2010): a standard normal context is seen, an arm is
/// pulled, and the reward is `weights[arm] . context` plus normal noise. An episode is one step.
public final class ContextualBandit implements Environment.Restorable<float[], Integer> {
  private static final double[] NO_VALUES = {};

  private final double[][] weights;
  private final double noise;
  private final Space.Box contexts;
  private final Space.Discrete actions;
  private @Nullable Rng key;

  /// @param weights `[A][D]`
  /// @param noise standard deviation of what is added to rewards
  public ContextualBandit(double[][] weights, double noise) {
    if (weights.length == 0 || !(noise >= 0)) {
      throw new IllegalArgumentException(
          "contextual bandit: %d arms, noise %s".formatted(weights.length, noise));
    }
    this.weights = Arrays.stream(weights).map(double[]::clone).toArray(double[][]::new);
    this.noise = noise;
    this.contexts = Space.Box.anywhere(List.of(weights[0].length));
    this.actions = Space.Discrete.of(weights.length);
  }

  /// With standard normal weights.
  public static ContextualBandit of(int arms, int size, double noise, Rng key) {
    double[][] weights = new double[arms][size];
    for (int arm = 0; arm < arms; arm++) {
      for (int i = 0; i < size; i++) {
        weights[arm][i] = key.fold(arm).fold(i).normal();
      }
    }
    return new ContextualBandit(weights, noise);
  }

  /// Expected reward of an arm.
  public double mean(float[] context, int arm) {
    double sum = 0;
    for (int i = 0; i < context.length; i++) {
      sum += weights[arm][i] * context[i];
    }
    return sum;
  }

  @Override
  public Space<float[]> observations() {
    return contexts;
  }

  @Override
  public Space<Integer> actions() {
    return actions;
  }

  @Override
  public float[] reset(Rng episode) {
    key = episode;
    return context(episode);
  }

  private float[] context(Rng episode) {
    return contexts.sample(episode.fold("context"));
  }

  @Override
  public Step<float[]> step(Integer action) {
    Rng own = running();
    actions.require("action", action);
    float[] context = context(own);
    key = null;
    double reward = mean(context, action) + noise * own.fold("noise").normal();
    return Step.of(context, reward, true);
  }

  @Override
  public State state() {
    Rng own = running();
    return new State(NO_VALUES, new long[] {own.key(), own.stream()});
  }

  @Override
  public float[] restore(State state) {
    long[] counters = state.require(0, 2).counters();
    return reset(new Rng(counters[0], counters[1]));
  }

  private Rng running() {
    Rng own = key;
    if (own == null) {
      throw new IllegalStateException("environment: no episode is running; reset it first");
    }
    return own;
  }
}
