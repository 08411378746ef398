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
import telos.autograd.Grad;
import telos.irl.Sft;
import telos.nn.Losses;
import telos.nn.format.Pretrained;
import telos.rl.Learner;
import telos.tensor.Tensor;

/// A program of the documentation, compiled with every warning an error, and run.
///
/// @param folder where its files go
record Program(Path folder) {
  /// The folder of the top README, wherever the tests run.
  static Path root() {
    Path here = Path.of("").toAbsolutePath();
    while (!Files.exists(here.resolve("tests/conformance"))) {
      here = here.getParent();
    }
    return here;
  }

  /// @return the name of the main class
  String compile(String program) throws IOException {
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
    return Stream.of(
            Tensor.class, Grad.class, Losses.class, Pretrained.class, Learner.class, Sft.class)
        .map(type -> Path.of(URI.create(location(type))).toString())
        .distinct()
        .collect(Collectors.joining(File.pathSeparator));
  }

  private static String location(Class<?> type) {
    return type.getProtectionDomain().getCodeSource().getLocation().toString();
  }

  /// What the program writes to standard output.
  String run(String main, String... arguments) throws ReflectiveOperationException, IOException {
    var printed = new ByteArrayOutputStream();
    PrintStream console = System.out;
    try (var loader =
        new URLClassLoader(new URL[] {folder.toUri().toURL()}, getClass().getClassLoader())) {
      System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
      loader.loadClass(main).getMethod("main", String[].class).invoke(null, (Object) arguments);
    } finally {
      System.setOut(console);
    }
    return printed.toString(StandardCharsets.UTF_8);
  }
}
