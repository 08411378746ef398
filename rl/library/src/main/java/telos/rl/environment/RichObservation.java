package telos.rl.environment;

import org.jspecify.annotations.Nullable;
import telos.tensor.Rng;

/// Shows a random sign of a hidden state instead of its number: a block Markov decision process (Du
/// et al. 2019), if every sign comes from one state only.
///
/// @param <A> actions
public final class RichObservation<A> implements Wrapper<float[], A, Integer, A> {
  private static final double[] NO_VALUES = {};

  private final Environment.Restorable<Integer, A> inner;
  private final Emission emission;
  private @Nullable Rng key;
  private long taken;

  /// What a state shows.
  public interface Emission {
    /// Where signs lie.
    Space.Box observations();

    /// A sign of a state; another one for another key.
    float[] of(int state, Rng key);
  }

  public RichObservation(Environment.Restorable<Integer, A> inner, Emission emission) {
    this.inner = inner;
    this.emission = emission;
  }

  /// The process whose states are hidden.
  @Override
  public Environment.Restorable<Integer, A> inner() {
    return inner;
  }

  @Override
  public Space<float[]> observations() {
    return emission.observations();
  }

  @Override
  public Space<A> actions() {
    return inner.actions();
  }

  @Override
  public float[] reset(Rng episode) {
    key = episode.fold("emission");
    taken = 0;
    return sign(inner.reset(episode));
  }

  @Override
  public Step<float[]> step(A action) {
    Step<Integer> step = inner.step(action);
    taken++;
    return step.seen(this::sign);
  }

  private float[] sign(int hidden) {
    return emission.of(hidden, begun().fold(taken));
  }

  @Override
  public State state() {
    State hidden = inner.state();
    return hidden.with(new State(NO_VALUES, new long[] {begun().key(), begun().stream(), taken}));
  }

  @Override
  public float[] restore(State state) {
    long[] own = state.last(0, 3).counters();
    int hidden = inner.restore(state.without(0, 3));
    key = new Rng(own[0], own[1]);
    taken = own[2];
    return sign(hidden);
  }

  private Rng begun() {
    Rng own = key;
    if (own == null) {
      throw new IllegalStateException("environment: no episode is running; reset it first");
    }
    return own;
  }
}
