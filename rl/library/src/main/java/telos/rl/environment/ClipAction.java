package telos.rl.environment;

import telos.tensor.Rng;

/// Takes any numbers as actions and cuts them to the bounds of the inner space: what a Gaussian
/// policy without bounds needs. NaN is refused.
///
/// @param <O> observations
public final class ClipAction<O> implements Wrapper<O, float[], O, float[]> {
  private final Environment.Restorable<O, float[]> inner;
  private final Space.Box bounds;
  private final Space.Box actions;

  public ClipAction(Environment.Restorable<O, float[]> inner) {
    this.inner = inner;
    this.bounds = Space.Box.in("cut actions", inner.actions());
    this.actions = Space.Box.anywhere(bounds.shape());
  }

  @Override
  public Environment.Restorable<O, float[]> inner() {
    return inner;
  }

  @Override
  public Space<O> observations() {
    return inner.observations();
  }

  @Override
  public Space<float[]> actions() {
    return actions;
  }

  @Override
  public O reset(Rng key) {
    return inner.reset(key);
  }

  @Override
  public Step<O> step(float[] action) {
    actions.require("action", action);
    float[] cut = new float[action.length];
    for (int i = 0; i < cut.length; i++) {
      cut[i] = Math.clamp(action[i], bounds.low()[i], bounds.high()[i]);
    }
    return inner.step(cut);
  }

  @Override
  public O restore(State state) {
    return inner.restore(state);
  }
}
