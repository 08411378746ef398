package telos.rl.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
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
      assertEquals(300, Samples.digests(minari).size());
    }
  }
}
