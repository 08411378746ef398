package telos.rl.environment;

import org.jspecify.annotations.Nullable;
import telos.tensor.Rng;

/// The environment of some [Dynamics].
///
/// @param <A> actions
public final class Simulation<A> implements Environment.Restorable<float[], A> {
  private static final long[] NO_COUNTERS = {};

  private final Dynamics<A> dynamics;

  /// Null before the first episode and after the end of one.
  private double @Nullable [] state;

  public Simulation(Dynamics<A> dynamics) {
    this.dynamics = dynamics;
  }

  @Override
  public Space<float[]> observations() {
    return dynamics.observations();
  }

  @Override
  public Space<A> actions() {
    return dynamics.actions();
  }

  @Override
  public float[] reset(Rng key) {
    double[] start = dynamics.start(key);
    state = start;
    return dynamics.observe(start);
  }

  @Override
  public Step<float[]> step(A action) {
    Dynamics.Outcome outcome = dynamics.move(running(), actions().require("action", action));
    state = outcome.terminated() ? null : outcome.state();
    return Step.of(dynamics.observe(outcome.state()), outcome.reward(), outcome.terminated());
  }

  @Override
  public State state() {
    return new State(running().clone(), NO_COUNTERS);
  }

  @Override
  public float[] restore(State from) {
    double[] restored = from.values().clone();
    state = restored;
    return dynamics.observe(restored);
  }

  /// After the start there is no chance.
  @Override
  public float[] restore(State from, Rng chance) {
    return restore(from);
  }

  private double[] running() {
    double[] live = state;
    if (live == null) {
      throw new IllegalStateException("environment: no episode is running; reset it first");
    }
    return live;
  }
}
