package telos.rl.environment;

import telos.tensor.Rng;

/// Cuts episodes after a number of steps: the last one is truncated, not terminated, unless the
/// process itself has come to its end with it.
///
/// @param <O> observations
/// @param <A> actions
public final class TimeLimit<O, A> implements Wrapper.Alike<O, A> {
  private static final double[] NO_VALUES = {};

  private final Environment.Restorable<O, A> inner;
  private final int limit;
  private long taken;

  /// @param limit the most steps an episode has
  public TimeLimit(Environment.Restorable<O, A> inner, int limit) {
    if (limit < 1) {
      throw new IllegalArgumentException("time limit: needs a step at least, not " + limit);
    }
    this.inner = inner;
    this.limit = limit;
    this.taken = limit;
  }

  @Override
  public Environment.Restorable<O, A> inner() {
    return inner;
  }

  /// The most steps an episode has.
  public int limit() {
    return limit;
  }

  @Override
  public O reset(Rng key) {
    O first = inner.reset(key);
    taken = 0;
    return first;
  }

  @Override
  public Step<O> step(A action) {
    if (taken >= limit) {
      throw new IllegalStateException("environment: no episode is running; reset it first");
    }
    Step<O> step = inner.step(action);
    taken++;
    return taken == limit ? step.truncate() : step;
  }

  /// The clock is the last counter.
  @Override
  public State state() {
    return inner.state().with(new State(NO_VALUES, new long[] {taken}));
  }

  @Override
  public O restore(State state) {
    O observation = inner.restore(state.without(0, 1));
    taken = state.last(0, 1).counters()[0];
    return observation;
  }

  @Override
  public O restore(State state, Rng chance) {
    O observation = inner.restore(state.without(0, 1), chance);
    taken = state.last(0, 1).counters()[0];
    return observation;
  }
}
