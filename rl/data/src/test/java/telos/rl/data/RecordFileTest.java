package telos.rl.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeSet;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import telos.nn.format.FormatException;
import telos.nn.format.TfRecord;
import telos.rl.environment.Space;
import telos.tensor.DType;
import telos.tensor.Rng;
import telos.tensor.Tensor;

final class RecordFileTest {
  @TempDir private Path directory;

  private static List<Item> items(Path file) throws IOException {
    List<Item> items = new ArrayList<>();
    RecordFile.open(file).items(items::add);
    return items;
  }

  /// What Python's protocol buffers wrote by the schema.
  @Test
  void readsWhatPythonWrote() throws IOException {
    Path file = Samples.resource("records.tfrecord");
    Header header = RecordFile.open(file).header();
    float inf = Float.POSITIVE_INFINITY;
    assertEquals(
        new Space.Box(new float[] {-inf, 0}, new float[] {inf, 9.5f}, List.of(2)),
        header.observations());
    assertEquals(Space.Discrete.of(2), header.actions());
    assertEquals("{\"algorithm_name\":\"formula\"}", header.provenance().text());

    List<Item> items = items(file);
    assertEquals(5, items.size());
    golden((Episode) items.get(0), 1);
    assertTrue(items.get(1) instanceof Item.Demonstration(_, String by) && by.equals("somebody"));
    golden(items.get(1).episodes().getFirst(), 2);
    var preference = (Item.Preference) items.get(2);
    golden(preference.first(), 3);
    golden(preference.second(), 4);
    assertEquals(OptionalDouble.of(0), preference.secondPreferred());
    assertEquals("panel", preference.judge());
    assertEquals(OptionalDouble.empty(), ((Item.Preference) items.get(3)).secondPreferred());
    var rollout = (Item.Rollout) items.get(4);
    golden(rollout.episode(), 7);
    assertEquals(12, rollout.version());
    assertArrayEquals(new float[] {-.5f, -.25f}, rollout.logProbs().toFloats());
    assertArrayEquals(new float[] {1, 2, 3}, rollout.values().orElseThrow().toFloats());
  }

  private static void golden(Episode episode, int base) {
    float[] observations = new float[6];
    for (int i = 0; i < observations.length; i++) {
      observations[i] = base + i / 2f;
    }
    assertArrayEquals(observations, ((Column.Numbers) episode.observations()).values().toFloats());
    assertArrayEquals(new int[] {1, 0}, ((Column.Numbers) episode.actions()).values().toInts());
    assertArrayEquals(new double[] {.1, -base}, episode.rewards().toDoubles());
    assertTrue(episode.truncated() && !episode.terminated());
    assertEquals("medium", episode.source());
    assertEquals(7, episode.seed().orElseThrow());
  }

  /// Any items come back to the bit, and are messages of the schema without a field that it does
  /// not know.
  @Property(tries = 60)
  void roundTrip(@ForAll long seed) throws IOException {
    Rng key = Rng.of(seed);
    Header header = Samples.header(key);
    DType dtype = List.of(DType.F32, DType.F64, DType.I32).get(key.integer(3));
    Path file = Files.createTempDirectory("records").resolve("file");
    List<String> written = new ArrayList<>();
    for (int part = 0; part < 2; part++) {
      try (var writer = part == 0 ? RecordWriter.create(file, header) : RecordWriter.append(file)) {
        for (int i = 0; i < key.fold(part).integer(4); i++) {
          Item item = Samples.item(header, dtype, key.fold(part).fold(i));
          written.add(Samples.digest(item));
          writer.write(item);
        }
      }
    }
    assertEquals(written, items(file).stream().map(Samples::digest).toList());
    assertEquals(header, RecordFile.open(file).header());
    for (byte[] record : TfRecord.read(file)) {
      DynamicMessage message = DynamicMessage.parseFrom(SCHEMA, record);
      assertKnown(message);
      assertEquals(1, message.getAllFields().size());
    }
  }

  private static final Descriptor SCHEMA = schema();

  private static Descriptor schema() {
    try (var in = RecordFileTest.class.getResourceAsStream("records.desc")) {
      var set = FileDescriptorSet.parseFrom(in);
      return FileDescriptor.buildFrom(set.getFile(0), new FileDescriptor[0])
          .findMessageTypeByName("Record");
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static void assertKnown(Message message) {
    assertTrue(message.getUnknownFields().asMap().isEmpty(), message.toString());
    for (Object value : message.getAllFields().values()) {
      for (Object one : value instanceof List<?> many ? many : List.of(value)) {
        if (one instanceof Message below) {
          assertKnown(below);
        }
      }
    }
  }

  private Path some(int count) throws IOException {
    Path file = directory.resolve("some" + System.nanoTime());
    Header header = new Header(Space.Box.of(-1, 1, 2), Space.Discrete.of(3));
    try (var writer = RecordWriter.create(file, header)) {
      for (int i = 0; i < count; i++) {
        writer.write(Samples.item(header, DType.F32, Rng.of(i)));
      }
    }
    return file;
  }

  /// Cut anywhere, a file has the records that are whole, and says so if there was more; appending
  /// goes on after them. Cut within the header it is none.
  @Test
  void tornTail() throws IOException {
    Path file = some(3);
    byte[] whole = Files.readAllBytes(file);
    List<Integer> ends = new ArrayList<>();
    TfRecord.forEach(file, (at, record) -> ends.add((int) at + record.length + 16));
    List<String> all = items(file).stream().map(Samples::digest).toList();
    Item more = Samples.item(RecordFile.open(file).header(), DType.F32, Rng.of(9));
    var cuts = new TreeSet<Integer>();
    ends.forEach(end -> cuts.addAll(List.of(end - 1, end, Math.min(end + 1, whole.length))));
    for (int cut = 0; cut < whole.length; cut += 64) {
      cuts.add(cut);
    }
    for (int cut : cuts) {
      Files.write(file, Arrays.copyOf(whole, cut));
      int left = (int) ends.stream().filter(end -> end <= cut).count() - 1;
      if (left < 0) {
        assertThrows(FormatException.class, () -> items(file), "at " + cut);
        continue;
      }
      List<String> kept = new ArrayList<>(all.subList(0, left));
      List<String> warnings = warnings(() -> assertEquals(kept, digests(file)));
      assertEquals(ends.contains(cut) ? 0 : 1, warnings.size());
      warnings(() -> {
        try (var writer = RecordWriter.append(file)) {
          writer.write(more);
        }
      });
      kept.add(Samples.digest(more));
      assertEquals(kept, digests(file));
    }
  }

  private static List<String> digests(Path file) throws IOException {
    return items(file).stream().map(Samples::digest).toList();
  }

  private interface Action {
    void run() throws IOException;
  }

  /// What is logged meanwhile.
  private static List<String> warnings(Action action) throws IOException {
    List<String> warnings = new ArrayList<>();
    Logger logger = Logger.getLogger("telos.rl.data");
    var handler =
        new Handler() {
          @Override
          public void publish(LogRecord record) {
            warnings.add(record.getMessage());
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    logger.setUseParentHandlers(false);
    logger.addHandler(handler);
    try {
      action.run();
    } finally {
      logger.removeHandler(handler);
      logger.setUseParentHandlers(true);
    }
    return warnings;
  }

  /// Damage in the middle is named by its byte, and nothing is appended after it.
  @Test
  void damagedMiddle() throws IOException {
    Path file = some(4);
    byte[] whole = Files.readAllBytes(file);
    List<Long> begins = new ArrayList<>();
    TfRecord.forEach(file, (at, _) -> begins.add(at));
    for (int offset : new int[] {0, 3, 9, 12, 20}) {
      byte[] bytes = whole.clone();
      bytes[(int) (begins.get(2) + offset)] ^= 16;
      Files.write(file, bytes);
      var refusal = assertThrows(FormatException.class, () -> items(file));
      assertTrue(refusal.getMessage().contains("byte " + begins.get(2)), refusal.getMessage());
      assertThrows(FormatException.class, () -> RecordWriter.append(file));
    }
  }

  /// Records whose frames are right and whose bytes are wrong: values or a documented exception.
  @Test
  void mutated() throws IOException {
    Path file = some(6);
    List<byte[]> records = TfRecord.read(file);
    int refused = 0;
    for (int i = 0; i < 400; i++) {
      Rng key = Rng.of(i);
      var out = new ByteArrayOutputStream();
      for (byte[] record : records) {
        byte[] bytes = record.clone();
        for (int k = 0; k < i % 4; k++) {
          Rng own = key.fold(out.size()).fold(k);
          int at = own.integer(k == 0 ? Math.min(bytes.length, 40) : bytes.length);
          bytes[at] = (byte) own.fold("byte").integer(256);
        }
        TfRecord.write(out, own(bytes, key.fold("length").fold(out.size()), i));
      }
      Files.write(file, out.toByteArray());
      try {
        items(file);
      } catch (FormatException e) {
        assertTrue(e.getMessage().contains("byte "), e.getMessage());
        refused++;
      }
    }
    assertTrue(refused > 200, refused + " refused");
  }

  /// Every fifth time the end is missing.
  private static byte[] own(byte[] bytes, Rng key, int i) {
    return i % 5 == 0 ? Arrays.copyOf(bytes, key.integer(bytes.length)) : bytes;
  }

  @Test
  void refusals() throws IOException {
    Path file = some(1);
    Header header = RecordFile.open(file).header();
    assertThrows(FileAlreadyExistsException.class, () -> RecordWriter.create(file, header));
    Header other = new Header(Space.Box.of(-1, 1, 3), Space.Discrete.of(3));
    Episode stranger = Samples.episode(other, DType.F32, Rng.of(1));
    try (var writer = RecordWriter.append(file)) {
      assertThrows(IllegalArgumentException.class, () -> writer.write(stranger));
    }
    try (var out = Files.newOutputStream(file, java.nio.file.StandardOpenOption.APPEND)) {
      TfRecord.write(out, RecordMessages.record(stranger));
    }
    assertThrows(FormatException.class, () -> items(file));
    Episode episode = Samples.episode(header, DType.F32, Rng.of(1));
    assertThrows(
        IllegalArgumentException.class,
        () -> new Item.Preference(episode, episode, OptionalDouble.of(.7), ""));
    assertThrows(
        IllegalArgumentException.class,
        () -> new Item.Rollout(episode, Tensor.of(new float[9]), Optional.empty(), 0));
    Path later = directory.resolve("later");
    try (var out = Files.newOutputStream(later)) {
      byte[] head = RecordMessages.record(header);
      int version = 0;
      while (head[version] != 8) {
        version++;
      }
      head[version + 1] = 2;
      TfRecord.write(out, head);
    }
    var refusal = assertThrows(FormatException.class, () -> RecordFile.open(later));
    assertTrue(refusal.getMessage().contains("version 2"), refusal.getMessage());
  }
}
