package telos.rl.environment;

import java.util.Optional;
import telos.rl.scene.Scene;
import telos.tensor.Rng;

/// [MountainCar] with any force between -1 and 1: Gymnasium's `MountainCarContinuous`. Reward 100
/// on the hill, minus a tenth of the squared force each step.
public record MountainCarContinuous() implements Dynamics<float[]> {
  private static final double GOAL = 0.45;
  private static final double POWER = 0.0015;

  @Override
  public Space.Box observations() {
    return new MountainCar().observations();
  }

  @Override
  public Space<float[]> actions() {
    return Space.Box.of(-1, 1, 1);
  }

  @Override
  public double[] start(Rng key) {
    return new MountainCar().start(key);
  }

  @Override
  public Outcome move(double[] state, float[] action) {
    double force = action[0];
    double[] next = MountainCar.rolled(state, force * POWER);
    boolean up = next[0] >= GOAL && next[1] >= 0;
    return new Outcome(next, (up ? 100 : 0) - 0.1 * force * force, up);
  }

  @Override
  public float[] observe(double[] state) {
    return Numbers.floats(state);
  }

  @Override
  public Optional<Scene> scene(double[] state) {
    return Optional.of(ClassicScenes.mountainCar(state[0], GOAL));
  }
}
