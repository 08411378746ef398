package telos.rl.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SequencedMap;
import java.util.function.UnaryOperator;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import telos.nn.format.FormatException;
import telos.nn.format.Json;
import telos.rl.Trajectory;
import telos.rl.environment.Space;
import telos.tensor.DType;
import telos.tensor.Rng;
import telos.tensor.Tensor;

final class MinariTest {
  private static final Path GOLDEN = Samples.resource("minari");
  private static final Header PLAIN = new Header(Space.Box.of(-1, 1, 2), Space.Discrete.of(3));

  @TempDir private Path root;

  /// A dataset that the Python library wrote, every kind of space in it, equals the formulas of the
  /// script that made it.
  @Test
  void readsWhatMinariWrote() throws IOException {
    try (var minari = Minari.open(GOLDEN, "golden/kinds-v3")) {
      assertEquals(2, minari.count());
      assertEquals(5, minari.steps());
      assertEquals("[\"telos\"]", minari.header().provenance().at("author").text());
      var spaces = ((Space.Dict) minari.header().observations()).parts();
      assertEquals(new Space.Discrete(7, -2), spaces.get("discrete"));
      assertEquals(
          new Space.MultiDiscrete(new int[] {3, 4}, new int[] {0, 5}), spaces.get("multi"));
      assertEquals(new Space.Text(0, 6, " abcä"), spaces.get("text"));
      assertEquals(Float.NEGATIVE_INFINITY, ((Space.Box) spaces.get("box")).low()[5]);
      golden(minari.episode(0), 0, 3);
      golden(minari.episode(1), 1, 2);
    }
  }

  private static void golden(Episode episode, int e, int length) {
    var fields = ((Column.Fields) episode.observations()).fields();
    Tensor box = numbers(fields.get("box"));
    assertEquals(DType.F64, box.dtype());
    assertEquals(List.of(length + 1, 2, 3), dims(box));
    int rows = length + 1;
    double[] expected = new double[rows * 6];
    Arrays.setAll(expected, i -> 100 * e + 10 * (i / 6) + 3 * (i / 3 % 2) + i % 3 + .1);
    assertArrayEquals(expected, box.toDoubles());
    int[] discrete = new int[rows];
    Arrays.setAll(discrete, t -> (t + e) % 7 - 2);
    assertArrayEquals(discrete, numbers(fields.get("discrete")).toInts());
    int[] multi = new int[2 * rows];
    Arrays.setAll(multi, i -> i % 2 == 0 ? i / 2 % 3 : 5 + (i / 2 + e) % 4);
    assertArrayEquals(multi, numbers(fields.get("multi")).toInts());
    double[] bits = new double[4 * rows];
    Arrays.setAll(bits, i -> i / 4 >> i % 4 & 1);
    assertArrayEquals(bits, numbers(fields.get("bits")).toDoubles());
    List<String> words = List.of("", "aäb", "c c", "b");
    List<String> text = new ArrayList<>();
    for (int t = 0; t < rows; t++) {
      text.add(words.get((t + e) % 4));
    }
    assertEquals(new Column.Texts(text), fields.get("text"));
    var tuple = ((Column.Parts) fields.get("tuple")).parts();
    assertEquals(250 + length, numbers(tuple.get(0)).toInts()[2 * length]);
    var deep = ((Column.Fields) tuple.get(1)).fields();
    assertEquals(length % 2, numbers(deep.get("deep")).toInts()[length]);

    var actions = ((Column.Parts) episode.actions()).parts();
    assertArrayEquals(
        new float[] {-1, .5f, e / 8f}, Arrays.copyOf(numbers(actions.get(0)).toFloats(), 3));
    assertEquals((2 * (length - 1) + e) % 5, numbers(actions.get(1)).toInts()[length - 1]);
    assertEquals(.5 * (length - 1) - e, episode.rewards().toDoubles()[length - 1]);
    assertEquals(e == 0, episode.terminated());
    assertEquals(e == 1, episode.truncated());
    assertEquals(OptionalLong.of(41 + e), episode.seed());
    String goal = e == 0 ? "{\"at\":[1,2],\"name\":\"door\",\"open\":true}" : "null";
    assertEquals(goal, episode.options().at("goal").text());
    var infos = episode.infos().fields();
    assertEquals(length / 2f, numbers(infos.get("speed")).toFloats()[length]);
    Tensor hit = numbers(((Column.Fields) infos.get("inner")).fields().get("hit"));
    assertTrue(hit.toBooleans()[1]);
    assertFalse(hit.toBooleans()[2]);
  }

  /// JPEG loses a little: the smooth images of the script are there to a few of 255 steps.
  @Test
  void readsImages() throws IOException {
    try (var minari = Minari.open(GOLDEN, "golden/images-v0")) {
      var fields = ((Column.Fields) minari.episode(0).observations()).fields();
      Tensor camera = numbers(fields.get("camera"));
      assertEquals(List.of(3, 40, 36, 3), dims(camera));
      int[] colours = camera.toInts();
      int[] grays = numbers(fields.get("depth")).toInts();
      assertEquals(3 * 40 * 36, grays.length);
      for (int i = 0; i < grays.length; i++) {
        int t = i / (40 * 36);
        int y = i / 36 % 40;
        int x = i % 36;
        assertEquals(3 * x + 20 * t, colours[3 * i], 12);
        assertEquals(4 * y, colours[3 * i + 1], 12);
        assertEquals(90, colours[3 * i + 2], 12);
        assertEquals(2 * x + 3 * y + 10 * t, grays[i], 4);
      }
    }
  }

  private static Tensor numbers(Column column) {
    return ((Column.Numbers) column).values();
  }

  private static List<Integer> dims(Tensor tensor) {
    return Arrays.stream(tensor.shape().dims()).boxed().toList();
  }

  /// Any episodes of any spaces come back to the bit, and through records too.
  @Property(tries = 25)
  void roundTrip(@ForAll long seed) throws IOException {
    Path root = Files.createTempDirectory("minari");
    Rng key = Rng.of(seed);
    Header header = Samples.header(key);
    DType dtype = List.of(DType.F32, DType.F64, DType.I32).get(key.integer(3));
    List<String> written = new ArrayList<>();
    try (var writer = MinariWriter.create(root, "a/b/c-v0", header)) {
      for (int i = 0; i < 1 + key.fold("count").integer(3); i++) {
        Episode episode = Samples.episode(header, dtype, key.fold(i));
        written.add(Samples.digest(episode));
        writer.accept(episode);
      }
      writer.finish();
    }
    try (var minari = Minari.open(root, "a/b/c-v0")) {
      assertEquals(header.observations(), minari.header().observations());
      assertEquals(header.actions(), minari.header().actions());
      assertEquals(written, Samples.digests(minari));
      Path records = root.resolve("records");
      try (var writer = RecordWriter.create(records, minari.header())) {
        minari.forEach(writer);
      }
      RecordFile file = RecordFile.open(records);
      assertEquals(written, Samples.digests(file));
      try (var again = MinariWriter.create(root, "again", file.header())) {
        file.forEach(again);
        again.finish();
      }
      try (var copy = Minari.open(root, "again")) {
        assertEquals(written, Samples.digests(copy));
      }
      Path data = Path.of("data", Minari.MAIN);
      assertEquals(
          -1,
          Files.mismatch(
              root.resolve("again").resolve(data), root.resolve("a/b/c-v0").resolve(data)));
    }
  }

  /// Trajectories of boxes and discrete spaces, whatever their start, come back as they were.
  @Test
  void trajectories() throws IOException {
    var header = new Header(Space.Box.of(-1, 1, 2), new Space.Discrete(3, 5));
    var trajectory =
        new Trajectory(
            Tensor.of(new float[] {0, 1, 2, 3, 4, 5}, 3, 2),
            Tensor.of(0, 2),
            Tensor.of(1f, 2f),
            false,
            true);
    Episode episode = header.episode(trajectory, new Json.Obj(Map.of()));
    assertArrayEquals(new int[] {5, 7}, numbers(episode.actions()).toInts());
    write("t", header, episode);
    try (var minari = Minari.open(root, "t")) {
      Trajectory read = minari.trajectories().getFirst();
      assertArrayEquals(trajectory.observations().toFloats(), read.observations().toFloats());
      assertArrayEquals(new int[] {0, 2}, read.actions().toInts());
      assertTrue(read.truncated() && !read.terminated());
    }
    var texts = new Header(new Space.Text(0, 3, "ab"), Space.Discrete.of(2));
    Episode words = Samples.episode(texts, DType.F32, Rng.of(1));
    assertThrows(IllegalArgumentException.class, () -> texts.trajectory(words));
  }

  private void write(String id, Header header, Episode... episodes) throws IOException {
    try (var writer = MinariWriter.create(root, id, header)) {
      for (Episode episode : episodes) {
        writer.accept(episode);
      }
      writer.finish();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "..", "../x", "/x", "a//b", "a/../b", "a/", "a b", "a\\b", "a.b", "~", "a\n"})
  void idsStayBelowTheRoot(String id) {
    assertThrows(IllegalArgumentException.class, () -> Minari.open(root, id));
    assertThrows(IllegalArgumentException.class, () -> MinariWriter.create(root, id, PLAIN));
  }

  /// Nothing is there before the end, nothing is left behind without it, nothing is overwritten.
  @Test
  void writesWholeDatasetsOrNone() throws IOException {
    Episode episode = Samples.episode(PLAIN, DType.F32, Rng.of(1));
    try (var writer = MinariWriter.create(root, "ns/some-v0", PLAIN)) {
      writer.accept(episode);
      assertThrows(FormatException.class, () -> Minari.open(root, "ns/some-v0"));
    }
    try (var left = Files.list(root.resolve("ns"))) {
      assertEquals(0, left.count());
    }
    write("ns/some-v0", PLAIN, episode);
    assertThrows(FileAlreadyExistsException.class, () -> write("ns/some-v0", PLAIN));
    try (var left = Files.list(root.resolve("ns"))) {
      assertEquals(
          List.of("namespace_metadata.json", "some-v0"),
          left.map(path -> path.getFileName().toString()).sorted().toList());
    }
  }

  @Test
  void refusesWhatIsOfOtherSpaces() throws IOException {
    try (var writer = MinariWriter.create(root, "some-v0", PLAIN)) {
      writer.accept(Samples.episode(PLAIN, DType.F64, Rng.of(1)));
      Episode narrow = Samples.episode(PLAIN, DType.F32, Rng.of(1));
      assertThrows(IllegalArgumentException.class, () -> writer.accept(narrow));
      var other = new Header(Space.Box.of(-1, 1, 3), Space.Discrete.of(3));
      Episode wide = Samples.episode(other, DType.F64, Rng.of(1));
      assertThrows(IllegalArgumentException.class, () -> writer.accept(wide));
      var more = new Header(Space.Box.of(-1, 1, 2), new Space.Discrete(1, 3));
      Episode outside = Samples.episode(more, DType.F64, Rng.of(1));
      assertThrows(IllegalArgumentException.class, () -> writer.accept(outside));
    }
  }

  /// Cut anywhere, the file is refused with one sentence.
  @Test
  void truncatedAtEvery64thByte() throws IOException {
    Path directory = copyOfGolden();
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
    Path from = GOLDEN.resolve("golden/kinds-v3/data");
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
    write(directory.getFileName().toString(), PLAIN, Samples.episode(PLAIN, DType.F32, Rng.of(1)));
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

  /// As many episodes as real datasets have.
  @Test
  void manyEpisodes() throws IOException {
    Episode episode = Samples.episode(PLAIN, DType.F32, Rng.of(3));
    try (var writer = MinariWriter.create(root, "many-v0", PLAIN)) {
      for (int i = 0; i < 300; i++) {
        writer.accept(episode);
      }
      writer.finish();
    }
    try (var minari = Minari.open(root, "many-v0")) {
      assertEquals(Samples.digest(episode), Samples.digest(minari.episode(299)));
      all(root.resolve("many-v0"));
    }
  }
}
