package telos.rl.mujoco;

import java.util.Map;
import telos.rl.environment.Step;
import telos.tensor.Rng;

/// An arm of seven joints that is to push a cylinder to a goal: Gymnasium's `Pusher-v5`, with the
/// defaults of its documentation.
///
///     reward = -|object - goal| - 0.1 |action|^2 - 0.5 |object - tips|
///
/// Seen are the arm's angles and angular velocities and where tips, object and goal are. The object
/// begins at random, at least 0.17 m from the goal. Never ends.
public record Pusher() implements Task {
  private static final int SUBSTEPS = 5;
  private static final int ARM = 7;
  private static final int TIPS = 10;
  private static final int OBJECT = 11;
  private static final int GOAL = 12;
  private static final double VELOCITY_NOISE = 0.005;
  private static final double NEAREST = 0.17;
  private static final double CONTROL_COST = 0.1;
  private static final double NEAR_WEIGHT = 0.5;

  @Override
  public int substeps() {
    return SUBSTEPS;
  }

  @Override
  public Physics load() {
    return Physics.resource("pusher.xml");
  }

  /// After the arm's come the object's two coordinates, y before x, and the goal's; the goal stays
  /// at 0, and the object's random numbers are counted from there.
  @Override
  public void start(Physics physics, Rng key) {
    double[] positions = physics.qpos0();
    double[] velocities = Numbers.uniform(key.fold("velocities"), physics.nv(), VELOCITY_NOISE);
    double[] object = object(key.fold("object"));
    for (int i = 0; i < 2; i++) {
      positions[ARM + i] = object[i];
      positions[ARM + 2 + i] = 0;
      velocities[ARM + i] = 0;
      velocities[ARM + 2 + i] = 0;
    }
    physics.start(positions, velocities);
  }

  /// The first of uniform points in `[-0.3, 0) x [-0.2, 0.2)` that is not too near.
  private static double[] object(Rng key) {
    for (int i = 0; ; i++) {
      Rng point = key.fold(i);
      double first = 0.3 * point.fold(0).uniform() - 0.3;
      double second = 0.4 * point.fold(1).uniform() - 0.2;
      if (Math.sqrt(first * first + second * second) > NEAREST) {
        return new double[] {first, second};
      }
    }
  }

  @Override
  public float[] observe(Physics physics) {
    double[] seen = new double[2 * ARM + 9];
    for (int i = 0; i < ARM; i++) {
      seen[i] = physics.qpos(i);
      seen[ARM + i] = physics.qvel(i);
    }
    for (int i = 0; i < 9; i++) {
      seen[2 * ARM + i] = physics.xpos(TIPS + i / 3, i % 3);
    }
    return Numbers.floats(seen);
  }

  @Override
  public Step<float[]> act(Physics physics, float[] action) {
    physics.advance(action, SUBSTEPS);
    double far = Numbers.norm(Numbers.way(physics, GOAL, OBJECT));
    double near = NEAR_WEIGHT * Numbers.norm(Numbers.way(physics, TIPS, OBJECT));
    double effort = CONTROL_COST * Numbers.square(action);
    return new Step<>(
        observe(physics),
        -far - effort - near,
        false,
        false,
        Map.of("reward_dist", -far, "reward_ctrl", -effort, "reward_near", -near));
  }

  @Override
  public View view(Physics physics) {
    return new View(100, -55, 2.2, new double[] {0.3, -0.2, -0.2});
  }
}
