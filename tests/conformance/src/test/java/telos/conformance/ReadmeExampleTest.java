package telos.conformance;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringWriter;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import telos.autograd.Grad;
import telos.nn.Losses;
import telos.tensor.Tensor;

/// What the README shows is what works.
class ReadmeExampleTest {
  @TempDir private Path folder = Path.of("");

  /// The README's own folder, wherever the tests run.
  private static Path root() {
    Path here = Path.of("").toAbsolutePath();
    while (!Files.exists(here.resolve("tests/conformance"))) {
      here = here.getParent();
    }
    return here;
  }

  /// The code block between a place's two markers.
  private static String block(String place) throws IOException {
    String readme = Files.readString(root().resolve("README.md"));
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
    assertTrue(program.lines().count() <= 40, "a short example");
    String printed = run(compile(program));
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
    String kit = Files.readString(root().resolve("tests/gradcheck/README.md"));
    assertTrue(kit.contains(shown), "README.md shows another class than tests/gradcheck/README.md");
  }

  /// @return the name of the main class
  private String compile(String program) throws IOException {
    var name = Pattern.compile("class (\\w+)").matcher(program);
    assertTrue(name.find(), "the example is a class");
    Path source = Files.writeString(folder.resolve(name.group(1) + ".java"), program);
    var compiler = ToolProvider.getSystemJavaCompiler();
    try (var files = compiler.getStandardFileManager(null, null, StandardCharsets.UTF_8)) {
      var problems = new StringWriter();
      List<String> options =
          List.of(
              "-proc:none", "-Werror", "-Xlint:all", "-cp", classPath(), "-d", folder.toString());
      boolean compiled =
          compiler
              .getTask(problems, files, null, options, null, files.getJavaFileObjects(source))
              .call();
      assertTrue(compiled, problems::toString);
    }
    return name.group(1);
  }

  /// Where the modules are that the example uses.
  private static String classPath() {
    return Stream.of(Tensor.class, Grad.class, Losses.class)
        .map(type -> Path.of(URI.create(location(type))).toString())
        .distinct()
        .collect(Collectors.joining(File.pathSeparator));
  }

  private static String location(Class<?> type) {
    return type.getProtectionDomain().getCodeSource().getLocation().toString();
  }

  /// What the program writes to standard output.
  private String run(String main) throws ReflectiveOperationException, IOException {
    var printed = new ByteArrayOutputStream();
    PrintStream console = System.out;
    try (var loader =
        new URLClassLoader(new URL[] {folder.toUri().toURL()}, getClass().getClassLoader())) {
      System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
      loader.loadClass(main).getMethod("main", String[].class).invoke(null, (Object) new String[0]);
    } finally {
      System.setOut(console);
    }
    return printed.toString(StandardCharsets.UTF_8);
  }
}
