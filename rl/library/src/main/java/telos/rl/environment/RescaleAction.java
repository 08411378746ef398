package telos.rl.environment;

import java.util.Arrays;
import telos.tensor.Rng;

/// Takes actions in `[-1, 1]` and stretches them over the bounds of the inner space, which must be
/// finite: `low + (high - low) (a + 1) / 2`.
///
/// @param <O> observations
public final class RescaleAction<O> implements Wrapper<O, float[], O, float[]> {
  private final Environment.Restorable<O, float[]> inner;
  private final Space.Box bounds;
  private final Space.Box actions;

  public RescaleAction(Environment.Restorable<O, float[]> inner) {
    this.inner = inner;
    this.bounds = Space.Box.in("rescaled actions", inner.actions());
    for (int i = 0; i < bounds.size(); i++) {
      if (Float.isInfinite(bounds.low()[i]) || Float.isInfinite(bounds.high()[i])) {
        throw new IllegalArgumentException(
            "rescaled actions: " + bounds + " has no bounds at number " + i + " to stretch over");
      }
    }
    float[] low = new float[bounds.size()];
    float[] high = new float[bounds.size()];
    Arrays.fill(low, -1);
    Arrays.fill(high, 1);
    this.actions = new Space.Box(low, high, bounds.shape());
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
    float[] stretched = new float[action.length];
    for (int i = 0; i < stretched.length; i++) {
      double low = bounds.low()[i];
      double high = bounds.high()[i];
      stretched[i] =
          (float) Math.clamp(low + (high - low) * ((double) action[i] + 1) / 2, low, high);
    }
    return inner.step(stretched);
  }

  @Override
  public O restore(State state) {
    return inner.restore(state);
  }
}
