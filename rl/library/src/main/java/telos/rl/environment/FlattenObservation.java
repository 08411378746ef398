package telos.rl.environment;

import telos.tensor.Rng;

/// Shows observations of any space as vectors, see [Flattening]: the number of a state as a vector
/// with a one in its place, say.
///
/// @param <P> observations inside
/// @param <A> actions
public final class FlattenObservation<P, A> implements Wrapper<float[], A, P, A> {
  private final Environment.Restorable<P, A> inner;
  private final Flattening<P> flattening;

  public FlattenObservation(Environment.Restorable<P, A> inner) {
    this.inner = inner;
    this.flattening = new Flattening<>(inner.observations());
  }

  /// The environment itself where it shows vectors already.
  @SuppressWarnings("unchecked") // elements of a box are vectors
  public static <P, A> Environment.Restorable<float[], A> of(Environment.Restorable<P, A> inner) {
    return inner.observations() instanceof Space.Box box && box.shape().size() == 1
        ? (Environment.Restorable<float[], A>) inner
        : new FlattenObservation<>(inner);
  }

  @Override
  public Environment.Restorable<P, A> inner() {
    return inner;
  }

  @Override
  public Space<float[]> observations() {
    return flattening.box();
  }

  @Override
  public Space<A> actions() {
    return inner.actions();
  }

  @Override
  public float[] reset(Rng key) {
    return flattening.of(inner.reset(key));
  }

  @Override
  public Step<float[]> step(A action) {
    return inner.step(action).seen(flattening::of);
  }

  @Override
  public float[] restore(State state) {
    return flattening.of(inner.restore(state));
  }
}
