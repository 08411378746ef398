package telos.rl.mujoco;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Without MuJoCo one sentence says what to do; none of this needs it.
final class InstallationTest {
  @Test
  void missingLibraryNamesThePackage(@TempDir Path folder) {
    for (Path place : Set.of(folder, folder.resolve("libmujoco.so"))) {
      Installation none = Installation.find(place.toString());
      assertTrue(none.library().isEmpty());
      assertEquals(
          "mujoco: the MuJoCo library is not at TELOS_MUJOCO="
              + place
              + "; install the Debian package libmujoco2.2.2 (apt-get install libmujoco2.2.2), or"
              + " set TELOS_MUJOCO to the file of a MuJoCo library",
          none.fault());
    }
  }

  @Test
  void whatIsNoLibraryIsRefused(@TempDir Path folder) throws Exception {
    Path file = Files.writeString(folder.resolve("libmujoco.so.3.1.0"), "no library");
    for (Path place : Set.of(folder, file)) {
      Installation wrong = Installation.find(place.toString());
      assertTrue(wrong.library().isEmpty());
      assertTrue(wrong.fault().startsWith("mujoco: " + file + " cannot be loaded"), wrong.fault());
    }
  }

  @Test
  void versionsHaveNames() {
    assertEquals("2.2.2", Layout.name(222));
    assertEquals("3.3.7", Layout.name(337));
    assertEquals("3.5.0", Layout.name(3_005_000));
    assertEquals("3.12.1", Layout.name(3_012_001));
    assertTrue(Layout.of(222).isPresent());
    assertTrue(Layout.of(999).isEmpty());
    assertEquals("2.2.0 to 3.14.0", Layout.known());
  }

  @Test
  void tableNeedsNoLibrary() {
    assertEquals(
        Set.of(
            "Ant-v5",
            "HalfCheetah-v5",
            "Hopper-v5",
            "Pusher-v5",
            "Reacher-v5",
            "Swimmer-v5",
            "Walker2d-v5"),
        Mujoco.environments().keySet());
  }
}
