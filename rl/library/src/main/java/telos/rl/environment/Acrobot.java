package telos.rl.environment;

import static java.lang.StrictMath.cos;
import static java.lang.StrictMath.sin;

import java.util.Optional;
import telos.rl.scene.Scene;
import telos.tensor.Rng;

/// Two links that hang from a joint, with a torque of -1, 0 or 1 (actions 0 to 2) at the joint
/// between them (Sutton 1996): Gymnasium's `Acrobot` with the equations of Sutton and Barto's book.
/// Reward -1 a step until the tip is one link above the upper joint. State: angle of the first link
/// (0 hangs down), angle of the second relative to it, and their velocities; seen are cosine and
/// sine of each angle, and the velocities.
public record Acrobot() implements Dynamics<Integer> {
  private static final double GRAVITY = 9.8;
  private static final double SECONDS = 0.2;
  private static final double MOST_SPEED_1 = 4 * Math.PI;
  private static final double MOST_SPEED_2 = 9 * Math.PI;

  /// Of either link: the distance from its joint to its centre of mass. Length, mass and moment of
  /// inertia are one.
  private static final double CENTRE = 0.5;

  @Override
  public Space.Box observations() {
    float[] most = Numbers.floats(1, 1, 1, 1, MOST_SPEED_1, MOST_SPEED_2);
    return Space.Box.of(Numbers.floats(-1, -1, -1, -1, -MOST_SPEED_1, -MOST_SPEED_2), most);
  }

  @Override
  public Space<Integer> actions() {
    return Space.Discrete.of(3);
  }

  @Override
  public double[] start(Rng key) {
    return Numbers.uniform(key, 4, 0.1);
  }

  @Override
  public Outcome move(double[] state, Integer action) {
    double torque = action - 1;
    double[] next = RungeKutta.step(y -> derivative(y, torque), state, SECONDS);
    next[0] = Numbers.angle(next[0]);
    next[1] = Numbers.angle(next[1]);
    next[2] = Math.clamp(next[2], -MOST_SPEED_1, MOST_SPEED_1);
    next[3] = Math.clamp(next[3], -MOST_SPEED_2, MOST_SPEED_2);
    boolean up = -cos(next[0]) - cos(next[1] + next[0]) > 1;
    return new Outcome(next, up ? 0 : -1, up);
  }

  /// Names are the book's: `d` inertias, `phi` torques of gravity and rotation.
  private static double[] derivative(double[] y, double torque) {
    double bend = y[1];
    double speed1 = y[2];
    double speed2 = y[3];
    double own = CENTRE * CENTRE + 1;
    double d1 = own + 1 + CENTRE * CENTRE + 2 * CENTRE * cos(bend) + 1;
    double d2 = own + CENTRE * cos(bend);
    double phi2 = CENTRE * GRAVITY * cos(y[0] + bend - Math.PI / 2);
    double phi1 =
        -CENTRE * speed2 * speed2 * sin(bend)
            - 2 * CENTRE * speed2 * speed1 * sin(bend)
            + (CENTRE + 1) * GRAVITY * cos(y[0] - Math.PI / 2)
            + phi2;
    double turn2 =
        (torque + d2 / d1 * phi1 - CENTRE * speed1 * speed1 * sin(bend) - phi2)
            / (own - d2 * d2 / d1);
    double turn1 = -(d2 * turn2 + phi1) / d1;
    return new double[] {speed1, speed2, turn1, turn2};
  }

  @Override
  public float[] observe(double[] state) {
    return Numbers.floats(
        cos(state[0]), sin(state[0]), cos(state[1]), sin(state[1]), state[2], state[3]);
  }

  @Override
  public Optional<Scene> scene(double[] state) {
    return Optional.of(ClassicScenes.acrobot(state[0], state[1]));
  }
}
