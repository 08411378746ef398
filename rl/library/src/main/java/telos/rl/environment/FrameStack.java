package telos.rl.environment;

import java.util.ArrayList;
import java.util.List;
import telos.tensor.Rng;

/// Shows the last `size` observations at once, the oldest first; at an episode's start the first
/// one stands for those before it (Mnih et al. 2015).
///
/// @param <A> actions
public final class FrameStack<A> implements Wrapper<float[], A, float[], A> {
  private static final long[] NO_COUNTERS = {};

  private final Environment.Restorable<float[], A> inner;
  private final Space.Box observations;
  private final int size;
  private final int width;

  /// The last stack, `[size, width]`.
  private float[] stack;

  /// @param inner shows a [Space.Box]
  public FrameStack(Environment.Restorable<float[], A> inner, int size) {
    if (size < 1) {
      throw new IllegalArgumentException("frame stack: needs a frame at least, not " + size);
    }
    Space.Box box = Space.Box.in("frame stack", inner.observations());
    this.inner = inner;
    this.size = size;
    this.width = box.size();
    List<Integer> shape = new ArrayList<>(box.shape());
    shape.addFirst(size);
    this.observations = new Space.Box(repeated(box.low()), repeated(box.high()), shape);
    this.stack = new float[size * width];
  }

  private float[] repeated(float[] frame) {
    float[] frames = new float[size * width];
    for (int i = 0; i < size; i++) {
      System.arraycopy(frame, 0, frames, i * width, width);
    }
    return frames;
  }

  @Override
  public Environment.Restorable<float[], A> inner() {
    return inner;
  }

  @Override
  public Space<float[]> observations() {
    return observations;
  }

  @Override
  public Space<A> actions() {
    return inner.actions();
  }

  @Override
  public float[] reset(Rng key) {
    stack = repeated(inner.reset(key));
    return stack.clone();
  }

  @Override
  public Step<float[]> step(A action) {
    return inner.step(action).seen(this::pushed);
  }

  private float[] pushed(float[] frame) {
    System.arraycopy(stack, width, stack, 0, stack.length - width);
    System.arraycopy(frame, 0, stack, stack.length - width, width);
    return stack.clone();
  }

  /// Its own values are the whole stack.
  @Override
  public State state() {
    double[] values = new double[stack.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = stack[i];
    }
    return inner.state().with(new State(values, NO_COUNTERS));
  }

  @Override
  public float[] restore(State state) {
    float[] frames = Numbers.floats(state.last(stack.length, 0).values());
    inner.restore(state.without(stack.length, 0));
    stack = frames;
    return stack.clone();
  }
}
