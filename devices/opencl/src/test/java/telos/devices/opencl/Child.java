package telos.devices.opencl;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jocl.CL;
import telos.tensor.Tensor;

/// A program of a test in a fresh JVM.
final class Child {
  private Child() {}

  /// @param options of the JVM
  /// @param environment what is different there
  static Process start(List<String> options, Map<String, String> environment, Class<?> program)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options);
    command.addAll(
        List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx256m", "-cp", classPath()));
    command.addAll(List.of("--enable-native-access=ALL-UNNAMED", program.getName()));
    var builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    return builder.start();
  }

  private static String classPath() {
    return Stream.of(Child.class, OpenClDevice.class, Tensor.class, CL.class)
        .map(type -> type.getProtectionDomain().getCodeSource().getLocation().toString())
        .map(location -> Path.of(URI.create(location)).toString())
        .distinct()
        .collect(Collectors.joining(File.pathSeparator));
  }
}
