package telos.rl.environment;

import telos.tensor.Rng;

/// Brings each number that is seen to about mean 0 and variance 1, by the moments of all that was
/// seen so far: Gymnasium's `NormalizeObservation`. The moments are a value: they are saved beside
/// the policy that learned with them and frozen when it is judged.
///
/// While it learns, episodes depend on former ones; frozen, on nothing but their key. Going back to
/// a state goes back to the moments of then.
///
/// @param <A> actions
public final class NormalizeObservation<A> implements Wrapper<float[], A, float[], A> {
  private static final double EPSILON = 1e-8;
  private static final long[] NO_COUNTERS = {};

  private final Environment.Restorable<float[], A> inner;
  private final Space.Box observations;
  private final boolean learning;
  private RunningMoments moments;

  /// @param learning whether moments take in what is seen; else they stay as they are
  public NormalizeObservation(
      Environment.Restorable<float[], A> inner, RunningMoments moments, boolean learning) {
    Space.Box box = Space.Box.in("normalised observations", inner.observations());
    if (moments.mean().length != box.size()) {
      throw new IllegalArgumentException(
          "normalised observations: moments of %d numbers for %d"
              .formatted(moments.mean().length, box.size()));
    }
    this.inner = inner;
    this.observations = Space.Box.anywhere(box.shape());
    this.moments = moments;
    this.learning = learning;
  }

  /// Learning from nothing.
  public static <A> NormalizeObservation<A> of(Environment.Restorable<float[], A> inner) {
    int size = Space.Box.in("normalised observations", inner.observations()).size();
    return new NormalizeObservation<>(inner, RunningMoments.none(size), true);
  }

  /// Of what was seen so far.
  public RunningMoments moments() {
    return moments;
  }

  @Override
  public Environment.Restorable<float[], A> inner() {
    return inner;
  }

  @Override
  public Space<float[]> observations() {
    return observations;
  }

  @Override
  public Space<A> actions() {
    return inner.actions();
  }

  @Override
  public float[] reset(Rng key) {
    return normal(inner.reset(key));
  }

  @Override
  public Step<float[]> step(A action) {
    return inner.step(action).seen(this::normal);
  }

  private float[] normal(float[] seen) {
    if (learning) {
      moments = moments.with(seen);
    }
    return moments.normalize(seen, EPSILON);
  }

  @Override
  public State state() {
    return inner.state().with(new State(moments.numbers(), NO_COUNTERS));
  }

  @Override
  public float[] restore(State state) {
    int own = 1 + 2 * moments.mean().length;
    RunningMoments then = RunningMoments.of(state.last(own, 0).values());
    float[] seen = inner.restore(state.without(own, 0));
    moments = then;
    return moments.normalize(seen, EPSILON);
  }
}
