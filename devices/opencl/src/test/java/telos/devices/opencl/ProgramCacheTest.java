package telos.devices.opencl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ProgramCacheTest {
  private static final byte[] BINARY = {1, 2, 3, 4, 5};

  @TempDir private Path folder;

  private static Hardware hardware(String driver) {
    return new Hardware(
        "name", "platform", "OpenCL 1.2", driver, true, 1, 8, 1, 1, 1, 1, 1024, true, true, "");
  }

  private ProgramCache cache() {
    return new ProgramCache(new CacheFolder(folder.resolve("opencl")), hardware("1"));
  }

  @Test
  void whatWasStoredIsFound() throws IOException {
    ProgramCache cache = cache();
    String key = cache.key("text", "-DT=float");
    assertFalse(cache.find(key).isPresent());
    cache.store(key, BINARY);
    assertArrayEquals(BINARY, cache.find(key).orElseThrow());
    try (var files = Files.list(folder.resolve("opencl"))) {
      assertEquals(List.of(key), files.map(f -> f.getFileName().toString()).toList());
    }
  }

  @Test
  void sourceOptionsAndDriverTellEntriesApart() {
    String key = cache().key("text", "-DT=float");
    assertNotEquals(key, cache().key("text", "-DT=int"));
    assertNotEquals(key, cache().key("text ", "-DT=float"));
    assertNotEquals(
        key, new ProgramCache(new CacheFolder(folder), hardware("2")).key("text", "-DT=float"));
  }

  @Test
  void aDamagedEntryIsNone() throws IOException {
    ProgramCache cache = cache();
    String key = cache.key("text", "");
    cache.store(key, BINARY);
    Path file = folder.resolve("opencl").resolve(key);
    byte[] entry = Files.readAllBytes(file);
    for (int at : new int[] {0, entry.length - 1}) {
      byte[] damaged = entry.clone();
      damaged[at] ^= 1;
      Files.write(file, damaged);
      assertFalse(cache.find(key).isPresent());
    }
    Files.write(file, new byte[7]);
    assertFalse(cache.find(key).isPresent());
  }

  @Test
  void aFolderThatCannotBeMadeCostsNothingButTime() throws IOException {
    Files.write(folder.resolve("opencl"), BINARY);
    ProgramCache cache = cache();
    cache.store("key", BINARY);
    assertFalse(cache.find("key").isPresent());
  }
}
