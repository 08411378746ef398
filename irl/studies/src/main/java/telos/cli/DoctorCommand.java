package telos.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;
import telos.devices.cpu.CpuDevice;
import telos.devices.opencl.Hardware;
import telos.devices.opencl.OpenClProvider;
import telos.rl.mujoco.Mujoco;
import telos.study.Versions;
import telos.tensor.Device;
import telos.tensor.DeviceProvider;
import telos.tensor.Tensor;

/// Says what the program found on this machine, and why something it could use is unusable.
@Command(name = "doctor", description = "Shows what telos found on this machine.")
final class DoctorCommand implements Callable<Integer> {
  private static final List<String> VARIABLES =
      List.of(
          "TELOS_THREADS",
          "TELOS_VECTOR_BITS",
          "TELOS_DEVICE",
          "TELOS_CACHE",
          "TELOS_MUJOCO",
          "TELOS_JAVA",
          "TELOS_JAVA_OPTIONS");

  @Spec private CommandSpec spec = CommandSpec.create();

  private boolean healthy = true;

  @Override
  public Integer call() {
    row("telos", Versions.telos());
    row(
        "Java",
        Runtime.version()
            + ", "
            + System.getProperty("java.vm.name")
            + ", "
            + System.getProperty("java.home"));
    row("platform", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
    row("processors", String.valueOf(Runtime.getRuntime().availableProcessors()));
    checked("threads", () -> String.valueOf(Environment.threads()));
    row("heap", Runtime.getRuntime().maxMemory() / (1 << 20) + " MiB at most");
    checked("vectors", () -> CpuDevice.vectorBits() + " bits");
    checked("cpu", () -> tried("cpu"));
    checked("reference", () -> tried("reference"));
    openCl();
    for (DeviceProvider provider : ServiceLoader.load(DeviceProvider.class)) {
      if (!List.of("cpu", "opencl").contains(provider.kind())) {
        checked(provider.kind(), () -> tried(provider.kind()));
      }
    }
    checked("default", () -> Device.current().name());
    row("mujoco", Mujoco.missing().map(why -> "none: " + why).orElseGet(Mujoco::version));
    checked("cache", this::cache);
    VARIABLES.forEach(name -> row(name, Environment.variable(name).orElse("not set")));
    return healthy ? 0 : 1;
  }

  /// Every device that OpenCL shows, with its limits. To have none is not unhealthy.
  private void openCl() {
    List<Hardware> found;
    try {
      found = OpenClProvider.hardware();
    } catch (IllegalStateException e) {
      row("opencl", "none: " + Failure.sentence(e));
      return;
    }
    for (int i = 0; i < found.size(); i++) {
      Hardware hardware = found.get(i);
      String name = OpenClProvider.name(i);
      row(name, hardware.platform() + ": " + hardware.description());
      if (hardware.trouble().isEmpty()) {
        checked(name, () -> tried(name) + ", driver " + hardware.driver());
      }
    }
  }

  private interface Check {
    String run() throws Exception;
  }

  /// A device counts as usable when it adds two numbers.
  private static String tried(String device) {
    double three = Device.of(device).with(() -> Tensor.of(1f).add(Tensor.of(2f)).item());
    if (three != 3) {
      throw new IllegalStateException("1 + 2 came out as " + three);
    }
    return "works";
  }

  private String cache() throws IOException {
    Path cache = Environment.cache().toAbsolutePath().normalize();
    if (!Files.exists(cache)) {
      return cache + ", empty";
    }
    try (Stream<Path> files = Files.walk(cache)) {
      long bytes = files.filter(Files::isRegularFile).mapToLong(f -> f.toFile().length()).sum();
      return "%s, %d MiB%s"
          .formatted(cache, bytes >> 20, Files.isWritable(cache) ? "" : ", not writable");
    }
  }

  /// A width that the machine lacks makes class initialisation fail: an error, not an exception.
  private void checked(String name, Check check) {
    try {
      row(name, check.run());
    } catch (Exception | LinkageError e) {
      healthy = false;
      Throwable cause = e instanceof LinkageError && e.getCause() != null ? e.getCause() : e;
      row(name, "unusable: " + Failure.sentence(cause));
    }
  }

  private void row(String name, String value) {
    PrintWriter out = spec.commandLine().getOut();
    out.printf("%-20s %s%n", name, value);
    out.flush();
  }
}
