package telos.rl.environment;

import telos.tensor.Rng;

/// Counts what an agent asks of a process. The counts are no part of the state: who goes back to an
/// earlier state, to plan say, has spent the steps all the same.
///
/// @param <O> observations
/// @param <A> actions
public final class Counted<O, A> implements Wrapper.Alike<O, A> {
  private final Environment.Restorable<O, A> inner;
  private long steps;
  private long episodes;

  public Counted(Environment.Restorable<O, A> inner) {
    this(inner, 0, 0);
  }

  /// Goes on counting.
  public Counted(Environment.Restorable<O, A> inner, long steps, long episodes) {
    this.inner = inner;
    this.steps = steps;
    this.episodes = episodes;
  }

  /// Taken so far.
  public long steps() {
    return steps;
  }

  /// Begun so far.
  public long episodes() {
    return episodes;
  }

  @Override
  public Environment.Restorable<O, A> inner() {
    return inner;
  }

  @Override
  public O reset(Rng key) {
    O first = inner.reset(key);
    episodes++;
    return first;
  }

  @Override
  public Step<O> step(A action) {
    Step<O> step = inner.step(action);
    steps++;
    return step;
  }
}
