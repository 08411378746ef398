package telos.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ArtefactCacheTest {
  record Config(double rate, List<String> words, int[] sizes) {}

  private static final Config CONFIG = new Config(1e-3, List.of("a"), new int[] {1, 2});

  private static final ArtefactCache.Format<String> TEXT =
      new ArtefactCache.Format<>() {
        @Override
        public void write(String artefact, Path file) throws IOException {
          Files.writeString(file, artefact);
        }

        @Override
        public String read(Path file) throws IOException {
          return Files.readString(file);
        }
      };

  @TempDir private Path folder = Path.of("");
  private final AtomicInteger made = new AtomicInteger();

  private String artefact(String code, Config config, long seed) throws Exception {
    return new ArtefactCache(folder, code)
        .artefact("base-model", config, seed, TEXT, () -> "made " + made.incrementAndGet());
  }

  private Path entry(String ending) throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve("base-model"))) {
      return files
          .filter(f -> f.toString().endsWith(".json") == ending.equals(".json"))
          .findFirst()
          .orElseThrow();
    }
  }

  @Test
  void madeOnceForEqualConfigurations() throws Exception {
    assertEquals("made 1", artefact("c", CONFIG, 0));
    assertEquals("made 1", artefact("c", new Config(1e-3, List.of("a"), new int[] {1, 2}), 0));
  }

  @Test
  void configurationSeedAndCodeTellArtefactsApart() throws Exception {
    artefact("c", CONFIG, 0);
    assertEquals("made 2", artefact("c", CONFIG, 1));
    assertEquals("made 3", artefact("d", CONFIG, 0));
    assertEquals("made 4", artefact("c", new Config(1e-3, List.of("a"), new int[] {1, 3}), 0));
    assertEquals("made 1", artefact("c", CONFIG, 0));
  }

  @Test
  void aDamagedFileIsMadeAnew() throws Exception {
    artefact("c", CONFIG, 0);
    Files.writeString(entry(""), "made 7");
    assertEquals("made 2", artefact("c", CONFIG, 0));
    assertEquals("made 2", artefact("c", CONFIG, 0));
  }

  @Test
  void aDamagedManifestIsMadeAnew() throws Exception {
    artefact("c", CONFIG, 0);
    Files.writeString(entry(".json"), "{\"key\":");
    assertEquals("made 2", artefact("c", CONFIG, 0));
    Files.delete(entry(""));
    assertEquals("made 3", artefact("c", CONFIG, 0));
  }

  @Test
  void aFailureLeavesNothing() throws Exception {
    var cache = new ArtefactCache(folder, "c");
    assertThrows(
        IllegalStateException.class,
        () ->
            cache.artefact(
                "base-model",
                CONFIG,
                0,
                TEXT,
                () -> {
                  throw new IllegalStateException("diverged");
                }));
    assertEquals("made 1", artefact("c", CONFIG, 0));
  }

  @Test
  void threadsThatAskTogetherGetOne() throws Exception {
    var cache = new ArtefactCache(folder, "c");
    try (var pool = Executors.newFixedThreadPool(8)) {
      List<Future<String>> all =
          IntStream.range(0, 8)
              .mapToObj(_ ->
                  pool.submit(() ->
                      cache.artefact(
                          "base-model", CONFIG, 0, TEXT, () -> "made " + made.incrementAndGet())))
              .toList();
      for (Future<String> one : all) {
        assertEquals("made 1", one.get());
      }
    }
  }
}
