package telos.rl.mujoco;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedCollection;
import java.util.SequencedMap;
import java.util.function.Supplier;
import telos.rl.environment.Environment;
import telos.rl.environment.EnvironmentProvider;
import telos.rl.environment.TimeLimit;

/// The MuJoCo library of this machine, and the environments that need it, by name.
public final class Mujoco implements EnvironmentProvider {
  /// Steps of an episode in a user's model.
  private static final int LIMIT = 1000;

  private static final SequencedMap<String, Supplier<Environment.Restorable<float[], float[]>>>
      ENVIRONMENTS = named();

  /// For the service loader.
  public Mujoco() {}

  /// Looks for the library once, when it is first needed.
  private static final class Found {
    static final Installation INSTALLATION = find();

    private static Installation find() {
      String property = System.getProperty("telos.mujoco");
      Installation found =
          Installation.find(property == null ? System.getenv("TELOS_MUJOCO") : property);
      String fault = found.library().map(Probe::fault).orElse("");
      return fault.isEmpty() ? found : new Installation(Optional.empty(), fault);
    }
  }

  /// Why there is no MuJoCo here, and what to do about it, in one sentence; empty if there is. It
  /// is looked for at the path in the system property `telos.mujoco` or the environment variable
  /// `TELOS_MUJOCO`, else where libraries are installed.
  public static Optional<String> missing() {
    return Found.INSTALLATION.library().isPresent()
        ? Optional.empty()
        : Optional.of(Found.INSTALLATION.fault());
  }

  /// The library in use.
  ///
  /// @throws IllegalStateException with what [#missing] says, if there is none
  static Native library() {
    return Found.INSTALLATION
        .library()
        .orElseThrow(() -> new IllegalStateException(Found.INSTALLATION.fault()));
  }

  /// The version in use and its file, such as `2.2.2 (/usr/lib/libmujoco.so.2.2.2)`.
  public static String version() {
    return library().layout().name() + " (" + library().file() + ")";
  }

  /// What makes the environments of Gymnasium's names, with the time limits that belong to the
  /// names. Making one needs the library; the table does not.
  public static Map<String, Supplier<Environment.Restorable<float[], float[]>>> environments() {
    return ENVIRONMENTS;
  }

  @Override
  public SequencedCollection<String> names() {
    return ENVIRONMENTS.sequencedKeySet();
  }

  /// One of the table, or that of the model in a file whose name ends with `.xml`: see
  /// [Mechanism#of].
  @Override
  public Optional<Environment.Restorable<?, ?>> of(String name) {
    if (name.endsWith(".xml")) {
      return Optional.of(limited(Mechanism.of(Path.of(name)), LIMIT).get());
    }
    return Optional.ofNullable(ENVIRONMENTS.get(name)).map(Supplier::get);
  }

  private static SequencedMap<String, Supplier<Environment.Restorable<float[], float[]>>> named() {
    SequencedMap<String, Supplier<Environment.Restorable<float[], float[]>>> named =
        new LinkedHashMap<>();
    named.put("Ant-v5", limited(new Ant(), 1000));
    named.put("HalfCheetah-v5", limited(Locomotion.halfCheetah(), 1000));
    named.put("Hopper-v5", limited(Locomotion.hopper(), 1000));
    named.put("Pusher-v5", limited(new Pusher(), 100));
    named.put("Reacher-v5", limited(new Reacher(), 50));
    named.put("Swimmer-v5", limited(Locomotion.swimmer(), 1000));
    named.put("Walker2d-v5", limited(Locomotion.walker2d(), 1000));
    return Collections.unmodifiableSequencedMap(named);
  }

  private static Supplier<Environment.Restorable<float[], float[]>> limited(Task task, int steps) {
    return () -> new TimeLimit<>(new MujocoEnvironment(task), steps);
  }
}
