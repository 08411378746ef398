package telos.rl.environment;

import java.util.Arrays;
import telos.tensor.Rng;

/// Cuts episodes after a number of steps: the last one is truncated, not terminated, unless the
/// process itself has come to its end with it.
///
/// @param <O> observations
/// @param <A> actions
public final class TimeLimit<O, A> implements Environment.Restorable<O, A> {
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
  public Space<O> observations() {
    return inner.observations();
  }

  @Override
  public Space<A> actions() {
    return inner.actions();
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
    State state = inner.state();
    long[] counters = Arrays.copyOf(state.counters(), state.counters().length + 1);
    counters[counters.length - 1] = taken;
    return new State(state.values(), counters);
  }

  @Override
  public O restore(State state) {
    int last = state.counters().length - 1;
    O observation = inner.restore(new State(state.values(), Arrays.copyOf(state.counters(), last)));
    taken = state.counters()[last];
    return observation;
  }

  @Override
  public O restore(State state, Rng chance) {
    O observation = restore(state);
    State within = inner.state();
    inner.restore(within, chance);
    return observation;
  }

  @Override
  public void close() {
    inner.close();
  }
}
