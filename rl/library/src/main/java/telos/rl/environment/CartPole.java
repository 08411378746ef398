package telos.rl.environment;

import static java.lang.StrictMath.cos;
import static java.lang.StrictMath.sin;

import java.util.Optional;
import telos.rl.scene.Scene;
import telos.tensor.Rng;

/// A pole on a cart that is pushed left (0) or right (1) (Barto, Sutton and Anderson 1983):
/// Gymnasium's `CartPole`. Reward 1 a step; it ends where the pole leans more than 12 degrees or
/// the cart is more than 2.4 away. State: position, velocity, angle, angular velocity.
public record CartPole() implements Dynamics<Integer> {
  private static final double GRAVITY = 9.8;
  private static final double POLE_MASS = 0.1;
  private static final double MASS = 1 + POLE_MASS;

  /// Half the pole's length.
  private static final double LENGTH = 0.5;

  private static final double FORCE = 10;
  private static final double SECONDS = 0.02;
  private static final double MOST_ANGLE = 12 * 2 * Math.PI / 360;
  private static final double MOST_POSITION = 2.4;

  @Override
  public Space.Box observations() {
    float position = (float) (2 * MOST_POSITION);
    float angle = (float) (2 * MOST_ANGLE);
    float any = Float.POSITIVE_INFINITY;
    return Space.Box.of(
        new float[] {-position, -any, -angle, -any}, new float[] {position, any, angle, any});
  }

  @Override
  public Space<Integer> actions() {
    return Space.Discrete.of(2);
  }

  @Override
  public double[] start(Rng key) {
    return Numbers.uniform(key, 4, 0.05);
  }

  /// Florian (2007) derives the equations.
  @Override
  public Outcome move(double[] state, Integer action) {
    double velocity = state[1];
    double angle = state[2];
    double turning = state[3];
    double sine = sin(angle);
    double cosine = cos(angle);
    double force = action == 1 ? FORCE : -FORCE;
    double moment = POLE_MASS * LENGTH;
    double push = (force + moment * turning * turning * sine) / MASS;
    double turn =
        (GRAVITY * sine - cosine * push)
            / (LENGTH * (4.0 / 3 - POLE_MASS * cosine * cosine / MASS));
    double acceleration = push - moment * turn * cosine / MASS;
    double[] next = {
      state[0] + SECONDS * velocity,
      velocity + SECONDS * acceleration,
      angle + SECONDS * turning,
      turning + SECONDS * turn
    };
    boolean fallen = Math.abs(next[0]) > MOST_POSITION || Math.abs(next[2]) > MOST_ANGLE;
    return new Outcome(next, 1, fallen);
  }

  @Override
  public float[] observe(double[] state) {
    return Numbers.floats(state);
  }

  @Override
  public Optional<Scene> scene(double[] state) {
    return Optional.of(ClassicScenes.cartPole(state[0], state[2]));
  }
}
