package telos.rl.mujoco;

import java.util.Map;
import telos.rl.environment.Step;
import telos.tensor.Rng;

/// A four-legged mechanism that is to run along x: Gymnasium's `Ant-v5`, with the defaults of its
/// documentation. Schulman et al., High-Dimensional Continuous Control Using Generalized Advantage
/// Estimation, 2016.
///
///     reward = dx / dt + [healthy] - 0.5 |action|^2 - 0.0005 |F|^2
///
/// where `dx` is how far the torso moved and `F` are the outer forces on the bodies, each component
/// cut to `[-1, 1]`. Healthy is a torso between 0.2 and 1 m above the ground; the first step that is
/// not ends the episode. Seen are the positions but x and y, the velocities, and `F` (of the 13 bodies
/// but the world).
public record Ant() implements Task {
  private static final int TORSO = 1;
  private static final int HIDDEN = 2;
  private static final int SUBSTEPS = 5;
  private static final double NOISE = 0.1;
  private static final double LOWEST = 0.2;
  private static final double HIGHEST = 1;
  private static final double CONTROL_COST = 0.5;
  private static final double CONTACT_COST = 5e-4;

  @Override
  public int substeps() {
    return SUBSTEPS;
  }

  @Override
  public Physics load() {
    return Physics.resource("ant.xml");
  }

  @Override
  public void start(Physics physics, Rng key) {
    physics.start(
        Numbers.plus(physics.qpos0(), Numbers.uniform(key.fold("positions"), physics.nq(), NOISE)),
        Numbers.normal(key.fold("velocities"), physics.nv(), NOISE));
  }

  @Override
  public float[] observe(Physics physics) {
    int positions = physics.nq() - HIDDEN;
    int motion = positions + physics.nv();
    float[] observation = new float[motion + 6 * (physics.nbody() - 1)];
    for (int i = 0; i < observation.length; i++) {
      observation[i] =
          (float)
              (i < positions
                  ? physics.qpos(HIDDEN + i)
                  : i < motion ? physics.qvel(i - positions) : force(physics, 6 + i - motion));
    }
    return observation;
  }

  /// The outer forces in one row, the world's first, which are none of the ant's.
  private static double force(Physics physics, int i) {
    return Math.clamp(physics.cfrc(i / 6, i % 6), -1.0, 1.0);
  }

  @Override
  public Step<float[]> act(Physics physics, float[] action) {
    double fromX = physics.xpos(TORSO, 0);
    double fromY = physics.xpos(TORSO, 1);
    physics.advance(action, SUBSTEPS);
    physics.computeForces();
    double seconds = SUBSTEPS * physics.timestep();
    double velocity = (physics.xpos(TORSO, 0) - fromX) / seconds;
    boolean healthy = physics.qpos(2) >= LOWEST && physics.qpos(2) <= HIGHEST;
    double survival = healthy ? 1 : 0;
    double effort = CONTROL_COST * Numbers.square(action);
    double contact = contactCost(physics);
    Map<String, Object> info =
        Map.of(
            "x_position", physics.qpos(0),
            "y_position", physics.qpos(1),
            "x_velocity", velocity,
            "y_velocity", (physics.xpos(TORSO, 1) - fromY) / seconds,
            "reward_forward", velocity,
            "reward_ctrl", -effort,
            "reward_contact", -contact,
            "reward_survive", survival);
    double reward = velocity + survival - (effort + contact);
    return new Step<>(observe(physics), reward, !healthy, false, info);
  }

  private static double contactCost(Physics physics) {
    double sum = 0;
    for (int i = 0; i < 6 * physics.nbody(); i++) {
      double force = force(physics, i);
      sum += force * force;
    }
    return CONTACT_COST * sum;
  }

  @Override
  public View view(Physics physics) {
    double[] torso = {physics.xpos(TORSO, 0), physics.xpos(TORSO, 1), 0.5};
    return new View(60, -30, 4, torso);
  }
}
