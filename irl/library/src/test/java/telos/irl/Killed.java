package telos.irl;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import telos.nn.format.Checkpoint;

/// Kills fine-tuning runs ([SmallRun]) with SIGKILL at random moments of their lives. Each is
/// started again until it ends; then its last checkpoint must be, byte for byte, that of a run that
/// nobody disturbed.
///
///     Killed KILLS [SEED]
final class Killed {
  private final Path folder;
  private final Path data;
  private final long steps;
  private final Random random;
  private int kills;
  private int resumed;
  private int finished;

  Killed(Path folder, long steps, long seed) throws IOException {
    this.folder = folder;
    this.data = SmallRun.data(folder);
    this.steps = steps;
    this.random = new Random(seed);
  }

  public static void main(String... args) throws Exception {
    int wanted = Integer.parseInt(args[0]);
    long seed = args.length > 1 ? Long.parseLong(args[1]) : 0;
    var killed = new Killed(Files.createTempDirectory("killed"), 30, seed);
    killed.run(wanted);
    System.out.printf(
        "%d kills, of which %d resumes began from a checkpoint; %d runs ended, all equal%n",
        killed.kills, killed.resumed, killed.finished);
  }

  /// Kills until there were `wanted` kills and the last run has ended.
  ///
  /// @return how many times a run went on from a checkpoint
  int run(int wanted) throws IOException, InterruptedException {
    Path undisturbed = folder.resolve("undisturbed");
    long start = System.nanoTime();
    end(start(undisturbed), undisturbed);
    long life = System.nanoTime() - start;
    var expected = files(undisturbed);
    for (int run = 0; kills < wanted; run++) {
      Path checkpoints = folder.resolve("run-" + run);
      Process process = start(checkpoints);
      while (kills < wanted
          && !process.waitFor((long) (random.nextDouble() * life), TimeUnit.NANOSECONDS)) {
        process.destroyForcibly().waitFor();
        kills++;
        process = start(checkpoints);
      }
      end(process, checkpoints);
      if (!files(checkpoints).equals(expected)) {
        throw new IllegalStateException(checkpoints + " ended with other bytes");
      }
      finished++;
    }
    return resumed;
  }

  private Process start(Path checkpoints) throws IOException {
    if (Checkpoint.newest(checkpoints).isPresent()) {
      resumed++;
    }
    var builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--add-modules",
            "jdk.incubator.vector",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Xmx256m",
            "-cp",
            classPath(),
            SmallRun.class.getName(),
            data.toString(),
            checkpoints.toString(),
            Long.toString(steps));
    builder.environment().put("TELOS_DEVICE", "reference"); // needs no warm-up
    return builder.redirectErrorStream(true).redirectOutput(folder.resolve("log").toFile()).start();
  }

  private static String classPath() {
    return System.getProperty(
        "surefire.test.class.path", System.getProperty("java.class.path", ""));
  }

  private void end(Process process, Path checkpoints) throws IOException, InterruptedException {
    if (process.waitFor() != 0) {
      throw new IllegalStateException(
          checkpoints + " failed: " + Files.readString(folder.resolve("log")));
    }
  }

  /// The bytes of the last checkpoint, by name.
  private Map<String, String> files(Path checkpoints) throws IOException {
    var files = new TreeMap<String, String>();
    Path last = checkpoints.resolve("step-%08d".formatted(steps));
    try (var paths = Files.list(last)) {
      for (Path path : paths.toList()) {
        files.put(
            path.getFileName().toString(),
            new String(Files.readAllBytes(path), StandardCharsets.ISO_8859_1));
      }
    }
    if (!files.keySet().containsAll(List.of("model.safetensors", "average.safetensors"))) {
      throw new IllegalStateException(last + " lacks weights: " + files.keySet());
    }
    return files;
  }
}
