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
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
