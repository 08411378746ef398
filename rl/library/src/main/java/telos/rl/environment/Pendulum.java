package telos.rl.environment;

import static java.lang.StrictMath.cos;
import static java.lang.StrictMath.sin;

import java.util.Optional;
import telos.rl.scene.Scene;
import telos.tensor.Rng;

/// A pendulum to be swung up and held by a torque of at most 2: Gymnasium's `Pendulum`. The reward
/// is minus a cost of angle, speed and torque; it never ends by itself. State: angle (0 is
/// upright), angular velocity; seen are cosine and sine of the angle, and the velocity.
public record Pendulum() implements Dynamics<float[]> {
  private static final double GRAVITY = 10;
  private static final double MASS = 1;
  private static final double LENGTH = 1;
  private static final double SECONDS = 0.05;
  private static final double MOST_SPEED = 8;
  private static final double MOST_TORQUE = 2;

  @Override
  public Space.Box observations() {
    return Space.Box.of(Numbers.floats(-1, -1, -MOST_SPEED), Numbers.floats(1, 1, MOST_SPEED));
  }

  @Override
  public Space<float[]> actions() {
    return Space.Box.of(-MOST_TORQUE, MOST_TORQUE, 1);
  }

  @Override
  public double[] start(Rng key) {
    return new double[] {
      Numbers.between(key.fold(0), -Math.PI, Math.PI), Numbers.between(key.fold(1), -1, 1)
    };
  }

  @Override
  public Outcome move(double[] state, float[] action) {
    double torque = action[0];
    double lean = Numbers.angle(state[0]);
    double cost = lean * lean + 0.1 * state[1] * state[1] + 0.001 * torque * torque;
    double acceleration =
        3 * GRAVITY / (2 * LENGTH) * sin(state[0]) + 3 / (MASS * LENGTH * LENGTH) * torque;
    double velocity = Math.clamp(state[1] + acceleration * SECONDS, -MOST_SPEED, MOST_SPEED);
    return new Outcome(new double[] {state[0] + velocity * SECONDS, velocity}, -cost, false);
  }

  @Override
  public float[] observe(double[] state) {
    return Numbers.floats(cos(state[0]), sin(state[0]), state[1]);
  }

  @Override
  public Optional<Scene> scene(double[] state) {
    return Optional.of(ClassicScenes.pendulum(state[0]));
  }
}
