package telos.devices.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jocl.LibUtils;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import telos.tensor.Device;
import telos.tensor.Tensor;

/// A process leaves nothing but the cache, however it ends.
final class LeftoversTest {
  private static final String LIBRARY =
      LibUtils.createLibraryFileName(LibUtils.createPlatformLibraryName("JOCL_2_0_6"));

  @TempDir private Path folder;
  private Path temporary;
  private Path cache;

  /// Computes, says so, and waits for the end of its input.
  static final class Main {
    private Main() {}

    public static void main(String... arguments) throws IOException {
      System.out.println(Device.of("opencl").with(() -> Tensor.of(1f, 2f).exp().sum().item()));
      System.in.read();
    }
  }

  @BeforeEach
  void makeFolders() throws IOException {
    Installed.first();
    temporary = Files.createDirectory(folder.resolve("temporary"));
    cache = folder.resolve("cache").resolve("opencl");
  }

  private Process computed() throws IOException {
    Process child =
        Child.start(
            List.of("-Djava.io.tmpdir=" + temporary),
            Map.of(
                "TELOS_CACHE", folder.resolve("cache").toString(),
                "POCL_CACHE_DIR", Files.createDirectories(folder.resolve("pocl")).toString(),
                "TMPDIR", temporary.toString()),
            Main.class);
    var said =
        new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8));
    assertEquals(Math.E + Math.E * Math.E, Double.parseDouble(said.readLine()), 1e-5);
    return child;
  }

  @Test
  void nothingButTheCacheIsLeft() throws Exception {
    computed().destroyForcibly().waitFor();
    assertEquals(List.of(), names(temporary));
    List<String> kept = names(cache);
    assertTrue(kept.contains(LIBRARY), kept.toString());
    assertTrue(
        kept.stream().allMatch(name -> name.equals(LIBRARY) || name.matches("[0-9a-f]{64}")),
        kept.toString());
    Process second = computed();
    second.getOutputStream().close();
    assertEquals(0, second.waitFor());
    assertEquals(List.of(), names(temporary));
    assertEquals(kept, names(cache));
  }

  @Test
  void whatAKilledProcessBeganIsSwept() throws IOException {
    var own = new CacheFolder(cache);
    own.write("a", new byte[] {1});
    Path old = Files.write(own.file("b.tmp-12-1"), new byte[3]);
    Path young = Files.write(own.file("c.tmp-13-1"), new byte[3]);
    assertTrue(old.toFile().setLastModified(System.currentTimeMillis() - 7_200_000));
    own.write("a", new byte[] {2}, new byte[] {3, 4});
    assertEquals(List.of("a", young.getFileName().toString()), names(cache));
    assertEquals(3, Files.size(own.file("a")));
  }

  /// Half a file, of whatever origin, is not loaded but written anew.
  @Test
  void aDamagedLibraryIsReplaced() throws IOException {
    Path library = NativeLibrary.unpacked(new CacheFolder(cache)).resolve(LIBRARY);
    byte[] whole = Files.readAllBytes(library);
    Files.write(library, new byte[100]);
    NativeLibrary.unpacked(new CacheFolder(cache));
    assertEquals(whole.length, Files.size(library));
    assertFalse(whole.length < 100_000);
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
