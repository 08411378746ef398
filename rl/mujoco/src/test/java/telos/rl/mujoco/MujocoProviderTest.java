package telos.rl.mujoco;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import telos.rl.environment.Checked;
import telos.rl.environment.EnvironmentCheck;
import telos.rl.environment.Environments;
import telos.rl.environment.Recording;
import telos.tensor.Rng;

final class MujocoProviderTest {
  @TempDir private Path directory;

  private static Set<String> names() {
    return Mujoco.environments().keySet();
  }

  private static void needsMujoco() {
    assumeTrue(Mujoco.missing().isEmpty(), Mujoco.missing().orElse(""));
  }

  @ParameterizedTest
  @MethodSource("names")
  void environmentsOfOtherNamesKeepTheRules(String name) {
    assertTrue(Environments.names().contains(name));
    needsMujoco();
    var environment = assertInstanceOf(Checked.class, Environments.of(name));
    assertEquals(List.of(), EnvironmentCheck.of(environment).faults());
  }

  /// Hopper takes 8 ms an action, and its pictures do not change while it moves on.
  @Test
  void episodesAreFilmed() throws IOException {
    needsMujoco();
    try (var hopper = new Recording<>(Environments.continuous("Hopper-v5"))) {
      hopper.reset(Rng.of(1));
      int before = pixels(hopper.scene().orElseThrow().image(60));
      hopper.step(new float[3]);
      hopper.step(new float[] {1, 1, 1});
      var episode = hopper.episodes().getFirst();
      assertEquals(before, pixels(episode.scenes().getFirst().image(60)));
      assertEquals(0.008, episode.scenes().getLast().seconds(), 1e-12);
      Path file = directory.resolve("hopper.gif");
      episode.gif(file, 60);
      assertTrue(Files.size(file) > 1000);
    }
  }

  private static int pixels(BufferedImage image) {
    int[] pixels = image.getRGB(0, 0, 60, 60, null, 0, 60);
    return Arrays.hashCode(pixels);
  }

  @Test
  void filesAreNamesToo() throws IOException {
    needsMujoco();
    Path file = directory.resolve("ball.xml");
    Files.writeString(
        file,
        """
        <mujoco><worldbody><body><joint name="x" type="slide"/>
        <geom size="0.1"/></body></worldbody><actuator><motor joint="x" ctrlrange="-1 1"
        ctrllimited="true"/></actuator></mujoco>
        """);
    try (var ball = Environments.continuous(file.toString())) {
      assertEquals(2, ball.reset(Rng.of(1)).length);
    }
    var missing = directory.resolve("none.xml").toString();
    assertThrows(IllegalArgumentException.class, () -> Environments.of(missing));
  }
}
