package telos.conformance;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What the README shows is what works.
class ReadmeExampleTest {
  @TempDir private Path folder = Path.of("");

  /// The code block between a place's two markers.
  private static String block(String place) throws IOException {
    String readme = Files.readString(Program.root().resolve("README.md"));
    var found =
        Pattern.compile(
                "<!-- %1$s:[^>]*-->.*?```java\n(.*?)```.*?<!-- end of %1$s -->".formatted(place),
                Pattern.DOTALL)
            .matcher(readme);
    assertTrue(found.find(), "README.md has no code at its place '" + place + "'");
    return found.group(1);
  }

  @Test
  void theExampleLearns() throws Exception {
    String program = block("example");
    Program runs = new Program(folder);
    assertTrue(program.lines().count() <= 40, "a short example");
    String printed = runs.run(runs.compile(program));
    List<Double> losses =
        Pattern.compile("loss (\\S+)")
            .matcher(printed)
            .results()
            .map(loss -> Double.valueOf(loss.group(1)))
            .toList();
    assertTrue(losses.size() >= 3, printed);
    for (int i = 1; i < losses.size(); i++) {
      assertTrue(losses.get(i) < losses.get(i - 1), printed);
    }
    assertTrue(losses.getLast() < 0.1 * losses.getFirst(), printed);
  }

  /// The kit's example is a test class of the kit, shown as it is.
  @Test
  void theGradientTestIsOneThatRuns() throws IOException {
    String shown = block("gradcheck").strip();
    String kit = Files.readString(Program.root().resolve("tests/gradcheck/README.md"));
    assertTrue(kit.contains(shown), "README.md shows another class than tests/gradcheck/README.md");
  }
}
