package telos.rl.mujoco;

import telos.rl.environment.Step;
import telos.tensor.Rng;

/// What is asked of a mechanism: how episodes begin, what is seen, what acting brings. A
/// [MujocoEnvironment] makes an environment of it. A task has no state of its own; all is in the
/// [Physics].
public interface Task {
  /// A mechanism of its own for every environment.
  Physics load();

  /// How many substeps there are between actions.
  int substeps();

  /// Begins an episode.
  void start(Physics physics, Rng key);

  /// What is seen, always as many numbers.
  float[] observe(Physics physics);

  /// Acts once.
  ///
  /// @param action an element of [Physics#controls]
  Step<float[]> act(Physics physics, float[] action);

  /// From where pictures are taken.
  View view(Physics physics);
}
