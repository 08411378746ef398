package telos.rl.data;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import telos.nn.format.FormatException;
import telos.nn.format.Json;
import telos.rl.environment.Space;
import telos.tensor.DType;
import telos.tensor.Rng;
import telos.tensor.Tensor;

/// Datasets that are damaged or do not fit together.
final class MinariDamageTest {
  private static final Path GOLDEN = Samples.resource("minari");
  private static final Header PLAIN = new Header(Space.Box.of(-1, 1, 2), Space.Discrete.of(3));

  @TempDir private Path root;

  /// Cut anywhere, the file is refused with one sentence.
  @Test
  void truncatedAtEvery64thByte() throws IOException {
    Path directory = copyOf("images-v0");
    Path main = directory.resolve("data").resolve(Minari.MAIN);
    try (var file = FileChannel.open(main, StandardOpenOption.WRITE)) {
      for (long length = (file.size() - 1) / 64 * 64; length >= 0; length -= 64) {
        file.truncate(length);
        assertThrows(FormatException.class, () -> all(directory), "at " + length);
      }
    }
  }

  /// Flipped bytes give values or a documented exception, never anything else.
  @Test
  void mutated() throws IOException {
    Path directory = copyOfGolden();
    Path main = directory.resolve("data").resolve(Minari.MAIN);
    byte[] whole = Files.readAllBytes(main);
    int refused = 0;
    for (int i = 0; i < 200; i++) {
      byte[] bytes = whole.clone();
      Rng key = Rng.of(i);
      for (int k = 0; k < 1 + i % 40; k++) {
        bytes[key.fold(k).integer(bytes.length)] ^= (byte) (1 + key.fold(-1 - k).integer(255));
      }
      Files.write(main, bytes);
      try {
        all(directory);
      } catch (FormatException e) {
        assertFalse(e.getMessage().contains("\n"), e.getMessage());
        refused++;
      }
    }
    assertTrue(refused > 80, refused + " refused");
  }

  private static void all(Path directory) throws IOException {
    try (var minari = Minari.open(directory)) {
      minari.forEach(_ -> {});
    }
  }

  private Path copyOfGolden() throws IOException {
    return copyOf("kinds-v3");
  }

  private Path copyOf(String dataset) throws IOException {
    Path from = GOLDEN.resolve("golden").resolve(dataset).resolve("data");
    Path data = Files.createDirectories(root.resolve("copy/data"));
    for (String name : List.of(Minari.METADATA, Minari.MAIN)) {
      Files.copy(from.resolve(name), data.resolve(name));
    }
    return root.resolve("copy");
  }

  /// A dataset whose single episode has these parts instead of those that fit.
  private Path damaged(UnaryOperator<SequencedMap<String, Object>> change) throws IOException {
    SequencedMap<String, Object> parts = new LinkedHashMap<>();
    parts.put("observations", Tensor.of(new float[6], 3, 2));
    parts.put("actions", Tensor.of(1, 2));
    parts.put("rewards", Tensor.of(0.5, 1));
    parts.put("terminations", Tensor.of(false, true));
    parts.put("truncations", Tensor.of(false, false));
    parts.put("id", 0);
    parts.put("total_steps", 2);
    parts.put("name", "episode_0");
    parts = change.apply(parts);
    Path directory = root.resolve("damaged" + System.nanoTime());
    try (var writer = MinariWriter.create(root, directory.getFileName().toString(), PLAIN)) {
      writer.accept(Samples.episode(PLAIN, DType.F32, Rng.of(1)));
      writer.finish();
    }
    Path data = directory.resolve("data");
    Files.delete(data.resolve(Minari.MAIN));
    String metadata = Files.readString(data.resolve(Minari.METADATA));
    Files.writeString(
        data.resolve(Minari.METADATA),
        metadata.replaceAll("\"total_steps\":\\d+", "\"total_steps\":2"));
    try (var file = new Hdf5Writer(data.resolve(Minari.MAIN))) {
      SequencedMap<String, Long> links = new LinkedHashMap<>();
      for (var part : parts.entrySet()) {
        switch (part.getValue()) {
          case Tensor values -> links.put(part.getKey(), file.numbers(values));
          case List<?> texts ->
              links.put(part.getKey(), file.texts(texts.stream().map(Object::toString).toList()));
          case String word when word.equals("circle") -> links.put(part.getKey(), circle(file));
          default -> {}
        }
      }
      var attributes =
          Json.of(Map.of("id", parts.get("id"), "total_steps", parts.get("total_steps")));
      long episode = file.group(links, (Json.Obj) attributes);
      var root = new LinkedHashMap<String, Long>();
      root.put((String) parts.get("name"), episode);
      file.finish(file.group(root, new Json.Obj(Map.of())));
    }
    return directory;
  }

  /// A group that is its own child: equal groups have equal sizes, so the third one's place is
  /// known before it is written.
  private static long circle(Hdf5Writer file) throws IOException {
    long first = file.group(Map.of("again", 0L), new Json.Obj(Map.of()));
    long second = file.group(Map.of("again", 0L), new Json.Obj(Map.of()));
    long third = file.group(Map.of("again", 2 * second - first), new Json.Obj(Map.of()));
    assertEquals(2 * second - first, third);
    return third;
  }

  private void refused(String part, Object value, String says) throws IOException {
    Path directory =
        damaged(parts -> {
          if (value.equals("absent")) {
            parts.remove(part);
          } else {
            parts.put(part, value);
          }
          return parts;
        });
    var refusal = assertThrows(FormatException.class, () -> all(directory));
    assertTrue(refusal.getMessage().contains(says), refusal.getMessage());
    assertFalse(refusal.getMessage().contains("\n"), refusal.getMessage());
  }

  @Test
  void holes() throws IOException {
    Path whole = damaged(parts -> parts);
    assertDoesNotThrow(() -> all(whole));
    refused("name", "episode_1", "episode_0 is missing");
    refused("actions", "absent", "episode_0/actions is missing");
    refused("rewards", Tensor.of(0.5, Double.NaN), "reward of step 1 is NaN");
    refused("rewards", List.of("a", "b"), "not numbers");
    refused("rewards", Tensor.of(0.5), "terminations has the shape [2], and [1] fits");
    refused("observations", Tensor.of(new float[4], 2, 2), "observations do not have 3 rows");
    refused("observations", Tensor.of(new float[9], 3, 3), "rows of F32 [3]");
    refused("observations", List.of("a", "b", "c"), "not numbers");
    refused("actions", Tensor.of(1f, 2f), "rows of F32 []");
    refused("actions", Tensor.of(1, 3), "row 1 has 3, which is not in 0 to 2");
    refused("terminations", Tensor.of(true, false), "set at step 0");
    refused("terminations", Tensor.of(0.5, 1), "0.5 in row 0");
    refused("infos", "circle", "deeper than 32 groups");
    refused("id", 3, "attribute id 3 instead of 0");
    refused("total_steps", 9, "attribute total_steps 9 instead of 2");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"data_format\":\"hdf5\" \"data_format\":\"arrow\"",
        "\"total_episodes\":2 \"total_episodes\":3",
        "\"total_episodes\":2 \"total_episodes\":-2",
        "\"total_episodes\":2 \"total_episodes\":9999999999",
        "\"total_steps\":5 \"total_steps\":6",
        "\"dataset_id\" \"name\"",
        "\"observation_space\" \"space\"",
        "MultiBinary Graph",
        "Infinity] 1,2]",
        "\\\"n\\\":7 \\\"n\\\":70000000000",
        "\\\"n\\\":7 \\\"n\\\":-1",
        "} ]"
      })
  void metadata(String change) throws IOException {
    Path directory = copyOfGolden();
    Path file = directory.resolve("data").resolve(Minari.METADATA);
    String text = Files.readString(file).replace("\": ", "\":").replace("\\\": ", "\\\":");
    String[] words = change.split(" ", 2);
    assertTrue(text.contains(words[0]), text);
    Files.writeString(file, text.replace(words[0], words[1]));
    assertThrows(FormatException.class, () -> all(directory));
  }

  @Test
  void linksAreNotFollowed() throws IOException {
    Path directory = copyOfGolden();
    Path main = directory.resolve("data").resolve(Minari.MAIN);
    Files.move(main, root.resolve("elsewhere"));
    Files.createSymbolicLink(main, root.resolve("elsewhere"));
    assertThrows(FormatException.class, () -> all(directory));
  }
}
