package telos.rl.environment;

import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import telos.rl.scene.Scene;
import telos.tensor.Rng;

/// Bits of which each action flips one, until they are those of a goal (Andrychowicz et al. 2017,
/// section 3.1): reward -1 a step until then, 0 for the last; cut after as many steps as there are
/// bits. Chance hardly ever meets the goal, and nothing but the goal is rewarded.
///
/// Observations are `[achieved, desired]`, the bits and the goal.
public final class BitFlipping implements Environment.Restorable<float[], Integer>, Goals {
  private final int bits;
  private final Space.Box observations;
  private final Space.Discrete actions;

  /// Bits and goal; null before the first episode, kept after an episode's end to be drawn.
  private float @Nullable [] state;

  private boolean running;
  private int taken;

  public BitFlipping(int bits) {
    if (bits < 1) {
      throw new IllegalArgumentException("bit flipping: needs a bit at least, not " + bits);
    }
    this.bits = bits;
    this.observations = Space.Box.of(0, 1, 2 * bits);
    this.actions = Space.Discrete.of(bits);
  }

  @Override
  public Space<float[]> observations() {
    return observations;
  }

  @Override
  public Space<Integer> actions() {
    return actions;
  }

  @Override
  public int goalSize() {
    return bits;
  }

  @Override
  public int achievedAt() {
    return 0;
  }

  @Override
  public double reward(float[] achieved, float[] desired) {
    return solved(achieved, desired) ? 0 : -1;
  }

  @Override
  public boolean solved(float[] achieved, float[] desired) {
    return Arrays.equals(achieved, desired);
  }

  @Override
  public float[] reset(Rng key) {
    float[] first = new float[2 * bits];
    for (int i = 0; i < first.length; i++) {
      first[i] = key.fold(i).integer(2);
    }
    state = first;
    running = true;
    taken = 0;
    return first.clone();
  }

  @Override
  public Step<float[]> step(Integer action) {
    float[] own = running();
    int bit = actions.require("action", action);
    own[bit] = 1 - own[bit];
    taken++;
    float[] achieved = Arrays.copyOf(own, bits);
    float[] desired = Arrays.copyOfRange(own, bits, own.length);
    boolean solved = solved(achieved, desired);
    Step<float[]> step = Step.of(own.clone(), reward(achieved, desired), solved);
    boolean cut = taken == bits;
    running = !solved && !cut;
    return cut && !solved ? step.truncate() : step;
  }

  @Override
  public State state() {
    float[] own = running();
    double[] values = new double[own.length];
    Arrays.setAll(values, i -> own[i]);
    return new State(values, new long[] {taken});
  }

  @Override
  public float[] restore(State from) {
    float[] restored = Numbers.floats(from.require(2 * bits, 1).values());
    state = observations.require("state", restored);
    running = true;
    taken = (int) from.counters()[0];
    return restored.clone();
  }

  /// After the start there is no chance.
  @Override
  public float[] restore(State from, Rng chance) {
    return restore(from);
  }

  @Override
  public Optional<Scene> scene() {
    return Optional.ofNullable(state).map(GridScenes::bits);
  }

  private float[] running() {
    float[] own = state;
    if (own == null || !running) {
      throw new IllegalStateException("environment: no episode is running; reset it first");
    }
    return own;
  }
}
