package telos.rl.mujoco;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

/// Whether there is a MuJoCo to test with.
final class Here {
  private Here() {}

  /// Skips where none is installed, naming the package; one that is there but refused is a failure.
  static void needsMujoco() {
    String missing = Mujoco.missing().orElse("");
    assumeFalse(missing.contains("is not installed"), missing);
    assertEquals("", missing);
  }
}
