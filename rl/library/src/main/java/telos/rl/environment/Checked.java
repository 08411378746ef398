package telos.rl.environment;

import telos.tensor.Rng;

/// Refuses what training must not take in: rewards that are no numbers, observations outside their
/// space (another shape, NaN), actions outside theirs, episodes without end.
///
/// The bundled environments keep these rules by test; training puts this around the environments it
/// is given by others, and anyone may.
///
/// @param <O> observations
/// @param <A> actions
public final class Checked<O, A> implements Wrapper.Alike<O, A> {
  /// Longer than any episode of the usual benchmarks.
  public static final long USUAL_LIMIT = 1_000_000;

  private static final double[] NO_VALUES = {};

  private final Environment.Restorable<O, A> inner;
  private final Space<O> observations;
  private final Space<A> actions;
  private final long limit;
  private long taken;

  public Checked(Environment.Restorable<O, A> inner) {
    this(inner, USUAL_LIMIT);
  }

  /// @param limit of the steps of an episode; more are taken for a fault
  public Checked(Environment.Restorable<O, A> inner, long limit) {
    this.inner = inner;
    this.observations = inner.observations();
    this.actions = inner.actions();
    this.limit = limit;
  }

  @Override
  public Environment.Restorable<O, A> inner() {
    return inner;
  }

  @Override
  public O reset(Rng key) {
    taken = 0;
    return sound(inner.reset(key));
  }

  /// @throws IllegalStateException one sentence on what the environment did wrong
  @Override
  public Step<O> step(A action) {
    Step<O> step = inner.step(actions.require("action", action));
    taken++;
    sound(step.observation());
    if (!Double.isFinite(step.reward())) {
      throw faulty("gave the reward " + step.reward() + "; needs a finite number");
    }
    if (taken >= limit && !step.done()) {
      throw faulty("has not ended; put a TimeLimit around it");
    }
    return step;
  }

  private O sound(O observation) {
    String fault = observations.fault(observation);
    if (!fault.isEmpty()) {
      throw faulty("showed what is not in its space " + observations + ": " + fault);
    }
    return observation;
  }

  private IllegalStateException faulty(String what) {
    return new IllegalStateException("environment: after " + taken + " steps it " + what);
  }

  /// The clock is the last counter.
  @Override
  public State state() {
    return inner.state().with(new State(NO_VALUES, new long[] {taken}));
  }

  @Override
  public O restore(State state) {
    long then = state.last(0, 1).counters()[0];
    O observation = inner.restore(state.without(0, 1));
    taken = then;
    return sound(observation);
  }
}
