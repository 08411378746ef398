package telos.rl.mujoco;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SequencedCollection;
import telos.rl.environment.Environment;
import telos.rl.environment.EnvironmentProvider;
import telos.rl.environment.TimeLimit;

/// The environments here among those that [telos.rl.environment.Environments] knows: the names of
/// [Mujoco#environments], and any file of MJCF by a name that ends in `.xml`, cut after 1000 steps.
public final class MujocoProvider implements EnvironmentProvider {
  private static final int FILE_LIMIT = 1000;

  @Override
  public SequencedCollection<String> names() {
    return List.copyOf(Mujoco.environments().keySet());
  }

  @Override
  public Optional<Environment.Restorable<?, ?>> of(String name) {
    if (name.endsWith(".xml")) {
      var mechanism = new MujocoEnvironment(Mechanism.of(Path.of(name)));
      return Optional.of(new TimeLimit<>(mechanism, FILE_LIMIT));
    }
    return Optional.ofNullable(Mujoco.environments().get(name)).map(maker -> maker.get());
  }
}
