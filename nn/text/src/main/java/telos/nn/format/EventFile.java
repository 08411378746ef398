package telos.nn.format;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// A TensorBoard event file as its reader sees it, one event in memory at a time.
public final class EventFile {
  private static final int VARINT = WireFormat.WIRETYPE_VARINT;
  private static final int DOUBLE = WireFormat.WIRETYPE_FIXED64;
  private static final int FLOAT = WireFormat.WIRETYPE_FIXED32;
  private static final int BYTES = WireFormat.WIRETYPE_LENGTH_DELIMITED;

  private EventFile() {}

  /// One value of one event.
  ///
  /// @param wallTime seconds since 1970
  /// @param kind `scalar`, `image`, `histogram`, or the name of the plugin it is for
  /// @param scalar NaN where it is not a scalar
  public record Value(double wallTime, long step, String tag, String kind, double scalar) {}

  /// All values of one tag.
  ///
  /// @param count how many
  /// @param first the step of the first
  /// @param last the last one
  public record Series(long count, long first, Value last) {}

  /// Takes values in the order of the file.
  @FunctionalInterface
  public interface Visitor {
    /// Sees one value.
    void value(Value value) throws IOException;
  }

  /// Whether a file begins like one of events.
  public static boolean is(Path file) throws IOException {
    try (var in = Files.newInputStream(file)) {
      return TfRecord.begins(in.readNBytes(12));
    }
  }

  /// Shows every value of a file; a last record that is cut short is left out.
  ///
  /// @throws FormatException when a checksum does not match, or an event is malformed
  public static void forEach(Path file, Visitor visitor) throws IOException {
    TfRecord.forEach(
        file,
        (_, record) -> {
          List<Value> values;
          try {
            values = values(record);
          } catch (InvalidProtocolBufferException e) {
            throw new FormatException(
                "%s: has a malformed event: %s".formatted(file, e.getMessage()), e);
          }
          for (var value : values) {
            visitor.value(value);
          }
        });
  }

  /// The series of a file by tag.
  public static Map<String, Series> series(Path file) throws IOException {
    var series = new TreeMap<String, Series>();
    forEach(
        file,
        value ->
            series.merge(
                value.tag(),
                new Series(1, value.step(), value),
                (old, more) -> new Series(old.count() + 1, old.first(), more.last())));
    return series;
  }

  /// `Event{wall_time = 1, step = 2, summary = 5{value = 1}}`.
  private static List<Value> values(byte[] event) throws IOException {
    var in = CodedInputStream.newInstance(event);
    double wallTime = 0;
    long step = 0;
    var summaries = new ArrayList<byte[]>();
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (tag) {
        case 1 << 3 | DOUBLE -> wallTime = in.readDouble();
        case 2 << 3 | VARINT -> step = in.readInt64();
        case 5 << 3 | BYTES -> summaries.add(in.readByteArray());
        default -> in.skipField(tag);
      }
    }
    var values = new ArrayList<Value>();
    for (var summary : summaries) {
      for (var value : fields(summary, 1 << 3 | BYTES)) {
        values.add(value(wallTime, step, value));
      }
    }
    return values;
  }

  /// The contents of a message's fields with this tag.
  private static List<byte[]> fields(byte[] message, int wanted) throws IOException {
    var in = CodedInputStream.newInstance(message);
    var found = new ArrayList<byte[]>();
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      if (tag == wanted) {
        found.add(in.readByteArray());
      } else {
        in.skipField(tag);
      }
    }
    return found;
  }

  /// `Value{tag = 1, simple_value = 2, image = 4, histo = 5, metadata = 9}`.
  private static Value value(double wallTime, long step, byte[] message) throws IOException {
    var in = CodedInputStream.newInstance(message);
    var name = "";
    var kind = "tensor";
    double scalar = Double.NaN;
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (tag) {
        case 1 << 3 | BYTES -> name = in.readString();
        case 2 << 3 | FLOAT -> {
          kind = "scalar";
          scalar = in.readFloat();
        }
        case 4 << 3 | BYTES -> kind = passed(in, tag, "image");
        case 5 << 3 | BYTES -> kind = passed(in, tag, "histogram");
        case 9 << 3 | BYTES -> kind = plugin(in.readByteArray(), kind);
        default -> in.skipField(tag);
      }
    }
    return new Value(wallTime, step, name, kind, scalar);
  }

  private static String passed(CodedInputStream in, int tag, String kind) throws IOException {
    in.skipField(tag);
    return kind;
  }

  /// `SummaryMetadata{plugin_data = 1{plugin_name = 1}}`.
  private static String plugin(byte[] metadata, String otherwise) throws IOException {
    for (var data : fields(metadata, 1 << 3 | BYTES)) {
      for (var name : fields(data, 1 << 3 | BYTES)) {
        return new String(name, java.nio.charset.StandardCharsets.UTF_8);
      }
    }
    return otherwise;
  }
}
