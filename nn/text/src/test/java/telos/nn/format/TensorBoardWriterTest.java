package telos.nn.format;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import telos.tensor.Tensor;

final class TensorBoardWriterTest {
  private static final String GOLDEN =
      "1800000000000000a37f4b2209000000000000f03f1a0d627261696e2e4576656e743a3286bf577a";
  private static final InstantSource ONE = InstantSource.fixed(Instant.ofEpochSecond(1));

  @TempDir Path directory;

  /// The nested message of a field.
  private static UnknownFieldSet message(UnknownFieldSet in, int field) throws IOException {
    return UnknownFieldSet.parseFrom(bytes(in, field));
  }

  private static ByteString bytes(UnknownFieldSet in, int field) {
    return in.getField(field).getLengthDelimitedList().getFirst();
  }

  private static UnknownFieldSet value(byte[] event) throws IOException {
    return message(message(UnknownFieldSet.parseFrom(event), 5), 1);
  }

  @Test
  void maskedChecksumOfTheStandardText() {
    byte[] text = "123456789".getBytes(StandardCharsets.US_ASCII);
    assertEquals(0xc78ab0e5, TfRecord.maskedCrc(text, 0, 9));
  }

  @Test
  void firstRecordHasTheGoldenBytes() throws IOException {
    try (var writer = TensorBoardWriter.open(directory, ONE)) {
      assertEquals(GOLDEN, HexFormat.of().formatHex(Files.readAllBytes(writer.file())));
    }
  }

  /// The events as TensorBoard's own messages encode them.
  @Test
  void eventsHaveTheBytesOfTensorBoard() throws Exception {
    try (var in = getClass().getResourceAsStream("events.json")) {
      var golden = (Json.Obj) Json.read("events.json", in.readAllBytes());
      byte[] png = HexFormat.of().parseHex(hex(golden, "png"));
      var values = new LinkedHashMap<String, Object>();
      values.put("optimizer", "adamw");
      values.put("rate", 0.25f);
      values.put("tied", true);
      var clock = InstantSource.fixed(Instant.ofEpochMilli(1500));
      try (var writer = TensorBoardWriter.open(directory, clock)) {
        writer.scalar("loss", 3, 0.5);
        writer.text("sample", 1, "**ä**");
        writer.histogram("weights", 2, new float[] {1, 1, 1});
        writer.image("picture", 5, png);
        writer.sessionStart(values, List.of("loss"));
        writer.sessionEnd(true);
        var names =
            List.of(
                "scalar",
                "text",
                "histogram",
                "image",
                "experiment",
                "session_start",
                "session_end");
        var events = TfRecord.read(writer.file());
        for (int i = 0; i < names.size(); i++) {
          var bytes = HexFormat.of().formatHex(events.get(i + 1));
          assertEquals(hex(golden, names.get(i)), bytes, names.get(i));
        }
      }
    }
  }

  private static String hex(Json.Obj golden, String name) {
    return ((Json.Str) golden.at(name)).value();
  }

  @Test
  void hyperparametersAreTextTruthsAndNumbers() throws IOException {
    try (var writer = TensorBoardWriter.open(directory, ONE)) {
      var refused =
          assertThrows(
              IllegalArgumentException.class,
              () -> writer.sessionStart(Map.of("layers", List.of(1)), List.of()));
      assertTrue(refused.getMessage().startsWith("hyperparameter layers"));
      assertThrows(
          IllegalArgumentException.class, () -> writer.image("picture", 1, new byte[] {1, 2}));
      assertEquals(1, TfRecord.read(writer.file()).size());
    }
  }

  @Test
  void theReaderSeesWhatWasWritten() throws IOException {
    Path file;
    try (var writer = TensorBoardWriter.open(directory, ONE)) {
      file = writer.file();
      writer.scalar("loss", 3, 0.5);
      writer.scalar("loss", 7, 0.25);
      writer.text("sample", 1, "text");
      writer.histogram("weights", 2, new float[] {1, 2});
      writer.image("picture", 4, Png.encode(Tensor.zeros(2, 3, 1)));
      writer.sessionStart(Map.of("rate", 1), List.of("loss"));
    }
    assertTrue(EventFile.is(file));
    var series = EventFile.series(file);
    assertEquals(
        new EventFile.Series(2, 3, new EventFile.Value(1, 7, "loss", "scalar", 0.25)),
        series.get("loss"));
    assertEquals("text", series.get("sample").last().kind());
    assertEquals("histograms", series.get("weights").last().kind());
    assertEquals("image", series.get("picture").last().kind());
    assertEquals("hparams", series.get("_hparams_/experiment").last().kind());
  }

  @Property(tries = 1000)
  void malformedEventsAreDocumentedExceptions(@ForAll @Size(max = 40) byte[] event)
      throws IOException {
    var file = Files.createTempFile("event", ".tfevents");
    try (var out = Files.newOutputStream(file)) {
      TfRecord.write(out, event);
    }
    try {
      EventFile.series(file);
    } catch (FormatException e) {
      assertTrue(e.getMessage().startsWith(file.toString()));
    }
    Files.delete(file);
  }

  @Test
  void imagesHoldTheRowsTheyWereMadeOf() throws Exception {
    var image = Tensor.of(new float[] {0, 0.5f, 1, 2, -1, Float.NaN}, 2, 3, 1);
    byte[] png = Png.encode(image);
    assertEquals(new Png.Header(3, 2, 1), Png.header(png));
    int length = java.nio.ByteBuffer.wrap(png).getInt(33);
    try (var in =
        new java.util.zip.InflaterInputStream(new java.io.ByteArrayInputStream(png, 41, length))) {
      assertArrayEquals(
          new byte[] {0, 0, (byte) 128, (byte) 255, 0, (byte) 255, 0, 0}, in.readAllBytes());
    }
    var crc = new java.util.zip.CRC32();
    crc.update(png, 37, length + 4);
    assertEquals((int) crc.getValue(), java.nio.ByteBuffer.wrap(png).getInt(41 + length));
    assertThrows(IllegalArgumentException.class, () -> Png.encode(Tensor.zeros(2, 3)));
    assertThrows(IllegalArgumentException.class, () -> Png.encode(Tensor.zeros(2, 3, 5)));
  }

  @Test
  void eventsReachTheFileAtOnce() throws IOException {
    try (var writer = TensorBoardWriter.open(directory, ONE)) {
      writer.scalar("loss", 3, 0.5);
      writer.scalar("loss", -1, Double.NaN);
      writer.scalar("loss", 4, Double.NEGATIVE_INFINITY);
      var events = TfRecord.read(writer.file());
      assertEquals(4, events.size());
      var event = UnknownFieldSet.parseFrom(events.get(1));
      assertEquals(List.of(3L), event.getField(2).getVarintList());
      assertEquals(List.of(Double.doubleToRawLongBits(1)), event.getField(1).getFixed64List());
      assertEquals("loss", bytes(value(events.get(1)), 1).toStringUtf8());
      assertEquals(0.5f, simple(events.get(1)));
      assertTrue(Float.isNaN(simple(events.get(2))));
      assertEquals(Float.NEGATIVE_INFINITY, simple(events.get(3)));
    }
  }

  private static float simple(byte[] event) throws IOException {
    return Float.intBitsToFloat(value(event).getField(2).getFixed32List().getFirst());
  }

  @Test
  void textsAndHistogramsAreTensorsOfTheirPlugins() throws IOException {
    try (var writer = TensorBoardWriter.open(directory, ONE)) {
      writer.text("sample", 1, "**ä**");
      writer.histogram("weights", 2, new float[] {1, 1, 1});
      var events = TfRecord.read(writer.file());
      var text = value(events.get(1));
      assertEquals("text", plugin(text));
      assertEquals(List.of(7L), message(text, 8).getField(1).getVarintList());
      assertEquals("**ä**", bytes(message(text, 8), 8).toStringUtf8());
      var histogram = value(events.get(2));
      assertEquals("histograms", plugin(histogram));
      var tensor = message(histogram, 8);
      assertEquals(List.of(2L), tensor.getField(1).getVarintList());
      assertEquals(
          "12020801" + "12020803", HexFormat.of().formatHex(bytes(tensor, 2).toByteArray()));
      var values = bytes(tensor, 6).asReadOnlyByteBuffer().order(java.nio.ByteOrder.LITTLE_ENDIAN);
      assertEquals(24, values.remaining());
      assertEquals(0.5, values.getDouble());
      assertEquals(1.5, values.getDouble());
      assertEquals(3, values.getDouble());
    }
  }

  private static String plugin(UnknownFieldSet value) throws IOException {
    var metadata = message(value, 9);
    assertEquals(List.of(2L), metadata.getField(4).getVarintList());
    return bytes(message(metadata, 1), 1).toStringUtf8();
  }

  @Property(tries = 100)
  void bucketsCoverAndCountEveryFiniteValue(@ForAll @Size(max = 50) float[] values) {
    double[] rows = TensorBoardWriter.buckets(values);
    double counted = 0;
    for (int i = 0; i < rows.length; i += 3) {
      assertTrue(rows[i] <= rows[i + 1]);
      counted += rows[i + 2];
    }
    int finite = 0;
    for (float value : values) {
      finite += Float.isFinite(value) ? 1 : 0;
    }
    assertEquals(finite, counted);
  }

  @Test
  void bucketsAreOfEqualWidth() {
    double[] rows = TensorBoardWriter.buckets(new float[] {0, 30, 29.5f, 1, Float.NaN});
    assertEquals(90, rows.length);
    assertArrayEquals(new double[] {0, 1, 1, 1, 2, 1}, Arrays.copyOf(rows, 6));
    assertArrayEquals(new double[] {29, 30, 2}, Arrays.copyOfRange(rows, 87, 90));
    assertEquals(0, TensorBoardWriter.buckets(new float[] {Float.NaN}).length);
  }

  @Test
  void resumingOpensAnotherFile() throws IOException {
    try (var first = TensorBoardWriter.open(directory, ONE);
        var second = TensorBoardWriter.open(directory, ONE)) {
      assertNotEquals(first.file(), second.file());
      var name = first.file().getFileName().toString();
      assertTrue(name.matches("events\\.out\\.tfevents\\.0000000001\\..+\\.\\d+\\.0"), name);
    }
  }

  @Test
  void aTornLastRecordIsLeftOut() throws IOException {
    var out = new ByteArrayOutputStream();
    TfRecord.write(out, new byte[] {1});
    int whole = out.size();
    TfRecord.write(out, new byte[] {2, 3});
    byte[] both = out.toByteArray();
    var file = directory.resolve("records");
    for (int length = 0; length <= both.length; length++) {
      Files.write(file, Arrays.copyOf(both, length));
      int expected = length < whole ? 0 : length < both.length ? 1 : 2;
      assertEquals(expected, TfRecord.read(file).size(), "at " + length);
    }
  }

  @Test
  void everyFlippedBitIsNoticed() throws IOException {
    var out = new ByteArrayOutputStream();
    TfRecord.write(out, new byte[] {1, 2, 3});
    var file = directory.resolve("records");
    for (int bit = 0; bit < 8 * out.size(); bit++) {
      byte[] flipped = out.toByteArray();
      flipped[bit / 8] ^= (byte) (1 << bit % 8);
      Files.write(file, flipped);
      assertThrows(FormatException.class, () -> TfRecord.read(file));
    }
  }

  @Test
  void anImpossibleDirectoryIsOneSentence() throws IOException {
    var file = Files.writeString(directory.resolve("run"), "");
    var refused = assertThrows(IOException.class, () -> TensorBoardWriter.open(file));
    assertTrue(refused.getMessage().startsWith("cannot open an event file in " + file));
  }
}
