package telos.rl.environment;

import static java.lang.StrictMath.cos;

import java.util.Optional;
import telos.rl.scene.Scene;
import telos.tensor.Rng;

/// A car in a valley that is too weak to drive straight up (Moore 1990): Gymnasium's `MountainCar`.
/// Actions push left (0), not at all (1) or right (2). Reward -1 a step until it is on the hill.
/// State: position, velocity.
public record MountainCar() implements Dynamics<Integer> {
  static final double LEFT = -1.2;
  static final double RIGHT = 0.6;
  static final double MOST_SPEED = 0.07;
  static final double GRAVITY = 0.0025;
  private static final double GOAL = 0.5;
  private static final double FORCE = 0.001;

  @Override
  public Space.Box observations() {
    return Space.Box.of(Numbers.floats(LEFT, -MOST_SPEED), Numbers.floats(RIGHT, MOST_SPEED));
  }

  @Override
  public Space<Integer> actions() {
    return Space.Discrete.of(3);
  }

  @Override
  public double[] start(Rng key) {
    return new double[] {Numbers.between(key, -0.6, -0.4), 0};
  }

  @Override
  public Outcome move(double[] state, Integer action) {
    double[] next = rolled(state, (action - 1) * FORCE);
    return new Outcome(next, -1, next[0] >= GOAL && next[1] >= 0);
  }

  /// A step under a force: the left end is a wall.
  static double[] rolled(double[] state, double force) {
    double pull = force - GRAVITY * cos(3 * state[0]);
    double velocity = Math.clamp(state[1] + pull, -MOST_SPEED, MOST_SPEED);
    double position = Math.clamp(state[0] + velocity, LEFT, RIGHT);
    return new double[] {position, position == LEFT && velocity < 0 ? 0 : velocity};
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
