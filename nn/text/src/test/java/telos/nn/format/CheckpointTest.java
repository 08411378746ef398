package telos.nn.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonFactory;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import telos.tensor.Tensor;

final class CheckpointTest {
  @TempDir Path directory;

  private static Checkpoint of(long step) {
    var weights = new float[5000];
    Arrays.fill(weights, (float) step);
    return new Checkpoint(
        step,
        Map.of("model", Map.of("w", Tensor.of(weights)), "adamw", Map.of()),
        (Json.Obj) Json.of(Map.of("counter", Long.MAX_VALUE - step, "rate", 0.1f)));
  }

  private Checkpoint newest() throws IOException {
    return Checkpoint.newest(directory).orElseThrow();
  }

  private List<String> names() throws IOException {
    try (var paths = Files.list(directory)) {
      return paths.map(p -> p.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void whatIsSavedIsLoaded() throws IOException {
    of(7).save(directory, 2);
    var back = newest();
    assertEquals(7, back.step());
    assertEquals(7, back.group("model").get("w").toFloats()[4999]);
    assertEquals(Map.of(), back.group("adamw"));
    assertEquals(new Json.Num(Long.toString(Long.MAX_VALUE - 7)), back.state().at("counter"));
    var digits = assertInstanceOf(Json.Num.class, back.state().at("rate")).digits();
    assertEquals(0.1f, Float.parseFloat(digits));
    assertThrows(IllegalArgumentException.class, () -> back.group("critic"));
  }

  @Test
  void nothingThereIsEmpty() throws IOException {
    assertTrue(Checkpoint.newest(directory).isEmpty());
    assertTrue(Checkpoint.newest(directory.resolve("absent")).isEmpty());
  }

  @Test
  void rotationKeepsTheNewest() throws IOException {
    Files.createDirectory(directory.resolve("step-00000001.tmp-0123456789abcdef"));
    Files.createDirectory(directory.resolve("step-mine"));
    for (int step = 1; step <= 5; step++) {
      of(step).save(directory, 2);
    }
    assertEquals(List.of("step-00000004", "step-00000005", "step-mine"), names());
  }

  @Test
  void rotationNeverRemovesTheOneJustWritten() throws IOException {
    of(9).save(directory, 1);
    of(3).save(directory, 1);
    assertEquals(List.of("step-00000003", "step-00000009"), names());
  }

  @Test
  void anyDamageFallsBackToTheOneBefore() throws IOException {
    of(1).save(directory, 9);
    for (var name :
        List.of("model.safetensors", "adamw.safetensors", "state.json", Manifest.NAME)) {
      damage(of(2).save(directory, 9).resolve(name), name.equals("state.json"));
      assertEquals(1, newest().step(), name);
    }
    assertEquals(2, Checkpoint.load(of(2).save(directory, 9)).step());
  }

  private static void damage(Path file, boolean remove) throws IOException {
    if (remove) {
      Files.delete(file);
    } else {
      byte[] bytes = Files.readAllBytes(file);
      bytes[bytes.length / 2] ^= 1;
      Files.write(file, bytes);
    }
  }

  @Test
  void truncatedManifestsAreRefusedAtEveryByte() throws IOException {
    var manifest = of(1).save(directory, 1).resolve(Manifest.NAME);
    byte[] whole = Files.readAllBytes(manifest);
    for (int length = 0; length < whole.length; length++) {
      Files.write(manifest, Arrays.copyOf(whole, length));
      assertThrows(FormatException.class, () -> Checkpoint.load(manifest.getParent()));
    }
  }

  @Test
  void manifestsDoNotLeadOutOfTheDirectory() throws IOException {
    var checkpoint = of(1).save(directory, 1);
    Files.writeString(directory.resolve("outside"), "{}");
    var manifest = checkpoint.resolve(Manifest.NAME);
    Files.writeString(
        manifest, Files.readString(manifest).replace("\"state.json\"", "\"../outside\""));
    var fault = assertThrows(FormatException.class, () -> Checkpoint.load(checkpoint));
    assertTrue(fault.getMessage().contains("\"../outside\" is not a plain file name"));
    of(2).save(directory, 9);
    var state = directory.resolve("step-00000002/state.json");
    Files.move(state, directory.resolve("elsewhere"));
    Files.createSymbolicLink(state, directory.resolve("elsewhere"));
    assertThrows(FormatException.class, () -> Checkpoint.load(state.getParent()));
  }

  @Test
  void aWholeCheckpointIsNotReplaced() throws IOException {
    of(4).save(directory, 1);
    var refused = assertThrows(IOException.class, () -> of(4).save(directory, 1));
    assertTrue(refused.getMessage().contains("exists already"), refused.getMessage());
    assertEquals(4, newest().step());
  }

  @Test
  void namesAreChecked() {
    var state = new Json.Obj(Map.of());
    for (var name : List.of("../model", "", "a/b", ".hidden", "a\\b")) {
      assertThrows(
          IllegalArgumentException.class, () -> new Checkpoint(1, Map.of(name, Map.of()), state));
    }
    assertThrows(IllegalArgumentException.class, () -> new Checkpoint(-1, Map.of(), state));
  }

  @Test
  void aFileInPlaceOfTheDirectoryIsOneSentence() throws IOException {
    var file = Files.writeString(directory.resolve("run"), "");
    var refused = assertThrows(IOException.class, () -> of(1).save(file, 1));
    assertTrue(refused.getMessage().startsWith("cannot write checkpoint " + file));
    assertEquals("", Files.readString(file));
  }

  /// The body of a child process: saves checkpoints from `first` on until it is killed or fails.
  public static void main(String[] arguments) throws IOException {
    for (long step = Long.parseLong(arguments[1]); ; step++) {
      of(step).save(Path.of(arguments[0]), 2);
      System.out.println(step);
    }
  }

  /// Where the child finds its classes, whatever ran this test.
  private static String classPath() {
    return Stream.of(CheckpointTest.class, Checkpoint.class, Tensor.class, JsonFactory.class)
        .map(type -> type.getProtectionDomain().getCodeSource().getLocation().toString())
        .map(place -> Path.of(URI.create(place)).toString())
        .distinct()
        .collect(Collectors.joining(File.pathSeparator));
  }

  private Process child(long first, String prefix) throws IOException {
    return child(List.of("/bin/sh"), first, prefix);
  }

  private Process child(List<String> shell, long first, String prefix) throws IOException {
    var command =
        "%s exec '%s/bin/java' -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xmx128m -Dtelos.device=reference -cp '%s' %s '%s' %d"
            .formatted(
                prefix,
                System.getProperty("java.home"),
                classPath(),
                CheckpointTest.class.getName(),
                directory,
                first);
    return new ProcessBuilder(Stream.concat(shell.stream(), Stream.of("-c", command)).toList())
        .redirectError(directory.resolveSibling("errors-" + directory.getFileName()).toFile())
        .start();
  }

  /// `-Dtelos.kills=200` for the long version.
  @Test
  void aKillAtAnyPointLeavesAVerifiedCheckpoint() throws Exception {
    Assumptions.assumeTrue(Files.isExecutable(Path.of("/bin/sh")));
    var random = new Random(3);
    long announced = 0;
    for (int kill = 0; kill < Integer.getInteger("telos.kills", 4); kill++) {
      var child = child(announced + 1, "");
      try (var out = child.inputReader()) {
        var first = out.readLine();
        assertTrue(first != null, "the child failed before its first checkpoint");
        Thread.sleep(random.nextInt(60));
        // By its handle: Process would also close the pipe that is still to be read.
        child.toHandle().destroyForcibly();
        assertTrue(child.waitFor(20, TimeUnit.SECONDS));
        announced = Long.parseLong(out.lines().reduce(first, (_, last) -> last));
      }
      long found = newest().step();
      assertTrue(found >= announced, "announced " + announced + ", found " + found);
      assertEquals((float) found, newest().group("model").get("w").toFloats()[0]);
      announced = found;
    }
  }

  /// A limit on the size of files stands for a full disk: the system refuses a write half-way.
  @Test
  void aRefusedWriteIsOneSentenceAndLeavesTheOldOne() throws Exception {
    Assumptions.assumeTrue(Files.isExecutable(Path.of("/bin/sh")));
    of(1).save(directory, 2);
    var child = child(2, "ulimit -f 16;");
    assertTrue(child.waitFor(20, TimeUnit.SECONDS));
    var errors = Files.readString(directory.resolveSibling("errors-" + directory.getFileName()));
    assertTrue(errors.contains("cannot write checkpoint"), errors);
    assertTrue(errors.contains("File too large; older checkpoints are intact"), errors);
    assertEquals(1, newest().step());
    assertEquals(new ArrayList<>(List.of("step-00000001")), names());
  }

  /// A read-only mount, in a name space of its own, binds the superuser too.
  @Test
  void aReadOnlyDirectoryIsOneSentenceAndLeavesTheOldOne() throws Exception {
    var shell = List.of("unshare", "--map-root-user", "--mount", "/bin/sh");
    var mount =
        "mount --bind '%1$s' '%1$s' && mount -o remount,bind,ro '%1$s'".formatted(directory);
    Assumptions.assumeTrue(succeeds(shell, mount), "no name spaces here");
    of(1).save(directory, 2);
    var child = child(shell, 2, mount + " &&");
    assertTrue(child.waitFor(20, TimeUnit.SECONDS));
    var errors = Files.readString(directory.resolveSibling("errors-" + directory.getFileName()));
    assertTrue(errors.contains("cannot write checkpoint"), errors);
    assertTrue(errors.contains("Read-only file system; older checkpoints are intact"), errors);
    assertEquals(1, newest().step());
    assertEquals(List.of("step-00000001"), names());
  }

  private static boolean succeeds(List<String> shell, String command) throws Exception {
    try {
      var arguments = Stream.concat(shell.stream(), Stream.of("-c", command)).toList();
      return new ProcessBuilder(arguments).start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void appendedBytesAreNoticed() throws IOException {
    var state = of(1).save(directory, 1).resolve("state.json");
    Files.writeString(state, " ", StandardOpenOption.APPEND);
    assertFalse(Checkpoint.newest(directory).isPresent());
  }
}
