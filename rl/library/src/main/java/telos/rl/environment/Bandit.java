package telos.rl.environment;

import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import telos.tensor.Rng;

/// Several arms of which one is pulled: an episode of one step in the only state.
public final class Bandit implements Environment.Restorable<Integer, Integer> {
  private static final Space.Discrete ONLY = Space.Discrete.of(1);
  private static final double[] NO_VALUES = {};

  private final List<Arm> arms;
  private final Space.Discrete actions;
  private @Nullable Rng key;

  /// What pulling pays.
  public sealed interface Arm {
    /// Expected reward.
    double mean();

    /// One reward.
    double pull(Rng key);
  }

  /// Pays 1 with a probability, else nothing.
  public record Bernoulli(double mean) implements Arm {
    public Bernoulli {
      if (!(mean >= 0 && mean <= 1)) {
        throw new IllegalArgumentException("bandit: " + mean + " is no probability");
      }
    }

    @Override
    public double pull(Rng key) {
      return key.bernoulli(mean) ? 1 : 0;
    }
  }

  /// Pays normally distributed rewards.
  public record Gaussian(double mean, double deviation) implements Arm {
    @Override
    public double pull(Rng key) {
      return mean + deviation * key.normal();
    }
  }

  public Bandit(List<? extends Arm> arms) {
    this.arms = List.copyOf(arms);
    this.actions = Space.Discrete.of(arms.size());
  }

  /// A bandit of the testbed of Sutton and Barto (2018, section 2.3): arms of variance 1 whose
  /// means are standard normal.
  public static Bandit testbed(int arms, Rng key) {
    return new Bandit(
        IntStream.range(0, arms).mapToObj(arm -> new Gaussian(key.fold(arm).normal(), 1)).toList());
  }

  /// Coins whose probabilities are uniform.
  public static Bandit coins(int arms, Rng key) {
    return new Bandit(
        IntStream.range(0, arms).mapToObj(arm -> new Bernoulli(key.fold(arm).uniform())).toList());
  }

  /// In the order of the actions.
  public List<Arm> arms() {
    return arms;
  }

  /// The greatest expected reward.
  public double optimum() {
    return arms.stream().mapToDouble(Arm::mean).max().orElseThrow();
  }

  @Override
  public Space<Integer> observations() {
    return ONLY;
  }

  @Override
  public Space<Integer> actions() {
    return actions;
  }

  @Override
  public Integer reset(Rng episode) {
    key = episode;
    return 0;
  }

  @Override
  public Step<Integer> step(Integer action) {
    Rng own = running();
    double reward = arms.get(actions.require("action", action)).pull(own);
    key = null;
    return Step.of(0, reward, true);
  }

  @Override
  public State state() {
    Rng own = running();
    return new State(NO_VALUES, new long[] {own.key(), own.stream()});
  }

  @Override
  public Integer restore(State state) {
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
