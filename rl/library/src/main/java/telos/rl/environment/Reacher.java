package telos.rl.environment;

import static java.lang.StrictMath.cos;
import static java.lang.StrictMath.sin;

import java.util.Arrays;
import java.util.Optional;
import telos.rl.scene.Scene;
import telos.tensor.Rng;

/// An arm of two links in a plane whose fingertip is to be at a target: Gymnasium's `Reacher-v5` by
/// the arm's closed equations of motion, with the same bodies, motors, integrator and steps. The
/// reward is minus the distance of the fingertip and minus the squared action. State: the two
/// angles, their velocities, the target.
///
/// Two things differ. The elbow's stop at 3 radians is hard, in MuJoCo it is soft; and the
/// fingertip is where the angles put it, while Gymnasium sees it where it was a substep before.
public record Reacher() implements Dynamics<float[]> {
  private static final TwoLinkArm ARM = TwoLinkArm.reacher(1);
  private static final double TIP = 0.11;
  private static final double GEAR = 200;
  private static final double SECONDS = 0.01;
  private static final int SUBSTEPS = 2;
  private static final double MOST_BEND = 3;
  private static final double REACH = 0.2;

  /// Cosines and sines of the angles, target, velocities, fingertip minus target: Gymnasium's
  /// order.
  @Override
  public Space.Box observations() {
    double any = Double.POSITIVE_INFINITY;
    double apart = ARM.length() + TIP + REACH;
    return Space.Box.of(
        Numbers.floats(-1, -1, -1, -1, -REACH, -REACH, -any, -any, -apart, -apart),
        Numbers.floats(1, 1, 1, 1, REACH, REACH, any, any, apart, apart));
  }

  @Override
  public Space<float[]> actions() {
    return Space.Box.of(-1, 1, 2);
  }

  /// Nearly straight and at rest, the target anywhere on a disc.
  @Override
  public double[] start(Rng key) {
    double[] angles = Numbers.uniform(key.fold("angles"), 2, 0.1);
    double[] speeds = Numbers.uniform(key.fold("velocities"), 2, 0.005);
    double[] target;
    int attempt = 0;
    do {
      target = Numbers.uniform(key.fold("target").fold(attempt++), 2, REACH);
    } while (StrictMath.hypot(target[0], target[1]) >= REACH);
    return new double[] {angles[0], angles[1], speeds[0], speeds[1], target[0], target[1]};
  }

  @Override
  public Outcome move(double[] state, float[] action) {
    double[] arm = Arrays.copyOf(state, 4);
    for (int i = 0; i < SUBSTEPS; i++) {
      arm =
          RungeKutta.step(y -> ARM.derivative(y, GEAR * action[0], GEAR * action[1]), arm, SECONDS);
      ARM.stop(arm, MOST_BEND);
    }
    double[] next = state.clone();
    System.arraycopy(arm, 0, next, 0, 4);
    double effort = (double) action[0] * action[0] + (double) action[1] * action[1];
    double[] apart = apart(next);
    return new Outcome(next, -StrictMath.hypot(apart[0], apart[1]) - effort, false);
  }

  /// Fingertip minus target.
  private static double[] apart(double[] state) {
    double both = state[0] + state[1];
    return new double[] {
      ARM.length() * cos(state[0]) + TIP * cos(both) - state[4],
      ARM.length() * sin(state[0]) + TIP * sin(both) - state[5]
    };
  }

  @Override
  public float[] observe(double[] state) {
    double[] apart = apart(state);
    return Numbers.floats(
        cos(state[0]),
        cos(state[1]),
        sin(state[0]),
        sin(state[1]),
        state[4],
        state[5],
        state[2],
        state[3],
        apart[0],
        apart[1]);
  }

  @Override
  public Optional<Scene> scene(double[] state) {
    return Optional.of(PlaneScenes.reacher(state, ARM.length(), TIP));
  }
}
