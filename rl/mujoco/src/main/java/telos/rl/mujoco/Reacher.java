package telos.rl.mujoco;

import java.util.Map;
import telos.rl.environment.Step;
import telos.tensor.Rng;

/// An arm of two links in the plane whose tip is to come to a target: Gymnasium's `Reacher-v5`, with
/// the defaults of its documentation.
///
///     reward = -|tip - target| - |action|^2
///
/// Seen are cosines and sines of both angles, where the target is, both angular velocities, and the
/// way from target to tip. The target is uniform in a disc of 0.2 m. Never ends.
public record Reacher() implements Task {
  private static final int SUBSTEPS = 2;
  private static final int TIP = 3;
  private static final int TARGET = 4;
  private static final double POSITION_NOISE = 0.1;
  private static final double VELOCITY_NOISE = 0.005;
  private static final double FARTHEST = 0.2;

  @Override
  public int substeps() {
    return SUBSTEPS;
  }

  @Override
  public Physics load() {
    return Physics.resource("reacher.xml");
  }

  @Override
  public void start(Physics physics, Rng key) {
    double[] positions =
        Numbers.plus(
            physics.qpos0(), Numbers.uniform(key.fold("positions"), physics.nq(), POSITION_NOISE));
    double[] velocities = Numbers.uniform(key.fold("velocities"), physics.nv(), VELOCITY_NOISE);
    double[] target = target(key.fold("target"));
    System.arraycopy(target, 0, positions, 2, 2);
    velocities[2] = 0;
    velocities[3] = 0;
    physics.start(positions, velocities);
  }

  /// The first of uniform points in the square that lies in the disc.
  private static double[] target(Rng key) {
    for (int i = 0; ; i++) {
      double[] point = Numbers.uniform(key.fold(i), 2, FARTHEST);
      if (Math.sqrt(point[0] * point[0] + point[1] * point[1]) < FARTHEST) {
        return point;
      }
    }
  }

  @Override
  public float[] observe(Physics physics) {
    double[] way = way(physics);
    double[] seen = {
      StrictMath.cos(physics.qpos(0)),
      StrictMath.cos(physics.qpos(1)),
      StrictMath.sin(physics.qpos(0)),
      StrictMath.sin(physics.qpos(1)),
      physics.qpos(2),
      physics.qpos(3),
      physics.qvel(0),
      physics.qvel(1),
      way[0],
      way[1]
    };
    return Numbers.floats(seen);
  }

  @Override
  public Step<float[]> act(Physics physics, float[] action) {
    physics.advance(action, SUBSTEPS);
    double distance = Numbers.norm(way(physics));
    double effort = Numbers.square(action);
    return new Step<>(
        observe(physics),
        -distance - effort,
        false,
        false,
        Map.of("reward_dist", -distance, "reward_ctrl", -effort));
  }

  private static double[] way(Physics physics) {
    return Numbers.way(physics, TARGET, TIP);
  }

  @Override
  public View view(Physics physics) {
    return View.above(0.7, 0, 0, 0);
  }
}
