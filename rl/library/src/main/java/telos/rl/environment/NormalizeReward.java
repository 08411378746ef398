package telos.rl.environment;

import java.util.Arrays;
import telos.tensor.Rng;

/// Divides rewards by the standard deviation of the discounted return so far, `G <- gamma G + r`:
/// Gymnasium's `NormalizeReward`, but `G` begins anew with each episode, also after one that was
/// cut. The mean is not taken away: that would change what is optimal.
///
/// While it learns, episodes depend on former ones; frozen, on nothing but their key. Going back to
/// a state goes back to the moments of then.
///
/// @param <O> observations
/// @param <A> actions
public final class NormalizeReward<O, A> implements Wrapper.Alike<O, A> {
  private static final double EPSILON = 1e-8;
  private static final int OWN = 4;
  private static final long[] NO_COUNTERS = {};

  private final Environment.Restorable<O, A> inner;
  private final double gamma;
  private final boolean learning;
  private RunningMoments moments;
  private double discounted;

  /// @param gamma discount of the returns
  /// @param learning whether moments take in the rewards; else they stay as they are
  public NormalizeReward(
      Environment.Restorable<O, A> inner, double gamma, RunningMoments moments, boolean learning) {
    if (!(gamma >= 0 && gamma <= 1) || moments.mean().length != 1) {
      throw new IllegalArgumentException(
          "normalised rewards: discount %s and moments of %d numbers; need one in [0, 1] and one"
              .formatted(gamma, moments.mean().length));
    }
    this.inner = inner;
    this.gamma = gamma;
    this.moments = moments;
    this.learning = learning;
  }

  /// Learning from nothing.
  public static <O, A> NormalizeReward<O, A> of(Environment.Restorable<O, A> inner, double gamma) {
    return new NormalizeReward<>(inner, gamma, RunningMoments.none(1), true);
  }

  /// Of the discounted returns so far.
  public RunningMoments moments() {
    return moments;
  }

  @Override
  public Environment.Restorable<O, A> inner() {
    return inner;
  }

  @Override
  public O reset(Rng key) {
    discounted = 0;
    return inner.reset(key);
  }

  @Override
  public Step<O> step(A action) {
    Step<O> step = inner.step(action);
    discounted = gamma * discounted + step.reward();
    if (learning) {
      moments = moments.merge(new RunningMoments(1, new double[] {discounted}, new double[1]));
    }
    return step.rewarded(step.reward() / Math.sqrt(moments.variance(0) + EPSILON));
  }

  @Override
  public State state() {
    double[] seen = moments.numbers();
    return inner
        .state()
        .with(new State(new double[] {seen[0], seen[1], seen[2], discounted}, NO_COUNTERS));
  }

  @Override
  public O restore(State state) {
    double[] own = state.last(OWN, 0).values();
    O observation = inner.restore(state.without(OWN, 0));
    moments = RunningMoments.of(Arrays.copyOf(own, OWN - 1));
    discounted = own[OWN - 1];
    return observation;
  }
}
