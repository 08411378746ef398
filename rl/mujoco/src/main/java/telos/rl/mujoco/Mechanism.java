package telos.rl.mujoco;

import java.nio.file.Path;
import java.util.Map;
import telos.rl.environment.Step;
import telos.tensor.Rng;

/// Any model in a file of MJCF. Seen are all positions and velocities; it never ends by itself.
///
/// @param mjcf the file
/// @param substeps between actions
/// @param noise how far positions and velocities stray from the model's at an episode's start,
///   uniformly; with 0 all episodes begin alike
/// @param reward of what is done
public record Mechanism(Path mjcf, int substeps, double noise, Reward reward) implements Task {
  /// What a step is worth. States are positions followed by velocities.
  @FunctionalInterface
  public interface Reward {
    /// Nothing is worth anything.
    Reward NONE = (_, _, _) -> 0;

    /// The reward of going from `state` to `next` by `action`.
    double of(double[] state, float[] action, double[] next);
  }

  public Mechanism {
    if (substeps < 1 || !(noise >= 0)) {
      throw new IllegalArgumentException(
          "mechanism: needs a substep at least and no negative noise, not "
              + substeps
              + " and "
              + noise);
    }
  }

  /// The model as it is: a substep for each action, no noise, no reward.
  public static Mechanism of(Path mjcf) {
    return new Mechanism(mjcf, 1, 0, Reward.NONE);
  }

  @Override
  public Physics load() {
    return Physics.read(mjcf);
  }

  @Override
  public void start(Physics physics, Rng key) {
    physics.start(
        Numbers.plus(physics.qpos0(), Numbers.uniform(key.fold("positions"), physics.nq(), noise)),
        Numbers.uniform(key.fold("velocities"), physics.nv(), noise));
  }

  @Override
  public float[] observe(Physics physics) {
    return Numbers.floats(motion(physics));
  }

  @Override
  public Step<float[]> act(Physics physics, float[] action) {
    double[] state = motion(physics);
    physics.advance(action, substeps);
    double worth = reward.of(state, action, motion(physics));
    return new Step<>(observe(physics), worth, false, false, Map.of());
  }

  private static double[] motion(Physics physics) {
    int positions = physics.nq();
    double[] motion = new double[positions + physics.nv()];
    for (int i = 0; i < motion.length; i++) {
      motion[i] = i < positions ? physics.qpos(i) : physics.qvel(i - positions);
    }
    return motion;
  }

  @Override
  public View view(Physics physics) {
    return new View(120, -25, 2.5 * physics.extent(), physics.centre());
  }
}
