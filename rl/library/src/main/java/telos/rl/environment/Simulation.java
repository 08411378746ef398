package telos.rl.environment;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import telos.rl.scene.Scene;
import telos.tensor.Rng;

/// The environment of some [Dynamics].
///
/// @param <A> actions
public final class Simulation<A> implements Environment.Restorable<float[], A> {
  private static final long[] NO_COUNTERS = {};
  private static final Rng ANY = Rng.of(0);

  private final Dynamics<A> dynamics;
  private final Space<float[]> observations;
  private final Space<A> actions;

  /// Null before the first episode; kept after an episode's end to be drawn.
  private double @Nullable [] state;

  private boolean running;

  public Simulation(Dynamics<A> dynamics) {
    this.dynamics = dynamics;
    this.observations = dynamics.observations();
    this.actions = dynamics.actions();
  }

  Dynamics<A> dynamics() {
    return dynamics;
  }

  @Override
  public Space<float[]> observations() {
    return observations;
  }

  @Override
  public Space<A> actions() {
    return actions;
  }

  @Override
  public float[] reset(Rng key) {
    return begin(dynamics.start(key));
  }

  private float[] begin(double[] from) {
    state = from;
    running = true;
    return dynamics.observe(from);
  }

  @Override
  public Step<float[]> step(A action) {
    Dynamics.Outcome outcome = dynamics.move(running(), actions.require("action", action));
    state = outcome.state();
    running = !outcome.terminated();
    return Step.of(dynamics.observe(outcome.state()), outcome.reward(), outcome.terminated());
  }

  @Override
  public State state() {
    return new State(running().clone(), NO_COUNTERS);
  }

  @Override
  public float[] restore(State from) {
    int size = dynamics.start(ANY).length;
    return begin(from.require(size, 0).values().clone());
  }

  @Override
  public Optional<Scene> scene() {
    return Optional.ofNullable(state).flatMap(dynamics::scene);
  }

  /// After the start there is no chance.
  @Override
  public float[] restore(State from, Rng chance) {
    return restore(from);
  }

  private double[] running() {
    double[] live = state;
    if (live == null || !running) {
      throw new IllegalStateException("environment: no episode is running; reset it first");
    }
    return live;
  }
}
