package telos.cli;

import java.nio.file.Path;
import java.util.Optional;
import telos.study.CodeVersion;

/// What the environment variables say.
final class Environment {
  private Environment() {}

  /// A variable that is set and not empty.
  static Optional<String> variable(String name) {
    return Optional.ofNullable(System.getenv(name)).filter(v -> !v.isBlank());
  }

  /// TELOS_THREADS, or the number of processors.
  ///
  /// @throws IllegalArgumentException when it is no positive number
  static int threads() {
    return variable("TELOS_THREADS")
        .map(Environment::positive)
        .orElseGet(() -> Runtime.getRuntime().availableProcessors());
  }

  private static int positive(String text) {
    if (text.matches("[1-9][0-9]{0,4}")) {
      return Integer.parseInt(text);
    }
    throw new IllegalArgumentException(
        "TELOS_THREADS must be a positive number of threads, not '%s'".formatted(text));
  }

  /// The devices wished for: `--device`, TELOS_DEVICE, or cpu.
  static String device() {
    return Optional.ofNullable(System.getProperty("telos.device"))
        .or(() -> variable("TELOS_DEVICE"))
        .orElse("cpu");
  }

  /// TELOS_CACHE, or `.telos/cache` beside the launcher, or in the working directory.
  static Path cache() {
    return variable("TELOS_CACHE").map(Path::of).orElseGet(() -> state().resolve("cache"));
  }

  /// The folder of what the launcher built: the program runs from
  /// `.telos/app-.../telos-studies.jar`.
  private static Path state() {
    Path here = Path.of(".telos");
    return CodeVersion.location()
        .map(Path::getParent)
        .map(Path::getParent)
        .filter(p -> p.endsWith(".telos"))
        .orElse(here);
  }
}
