package telos.rl.data;

import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import telos.nn.format.Json;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// The messages of `records.proto` by their field numbers, written; [RecordReader] reads them. They
/// are a dozen: generated classes would be fifty times this and bring a compiler into the build.
final class RecordMessages {
  static final int VERSION = 1;

  /// The numbers of `Record`'s kinds.
  static final int HEADER = 1;

  static final int EPISODE = 2;
  static final int DEMONSTRATION = 3;
  static final int PREFERENCE = 4;
  static final int ROLLOUT = 5;

  private RecordMessages() {}

  /// A message as the code that writes its fields.
  private interface Message {
    void write(CodedOutputStream out) throws IOException;
  }

  private static byte[] bytes(Message message) {
    var bytes = new ByteArrayOutputStream();
    var out = CodedOutputStream.newInstance(bytes);
    try {
      message.write(out);
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("memory refused a write", e);
    }
    return bytes.toByteArray();
  }

  private static void nested(CodedOutputStream out, int field, Message message) throws IOException {
    out.writeByteArray(field, bytes(message));
  }

  static byte[] record(Header header) {
    return bytes(record ->
        nested(
            record,
            HEADER,
            out -> {
              out.writeUInt32(1, VERSION);
              out.writeString(2, SpaceJson.write(header.observations(), null).text());
              out.writeString(3, SpaceJson.write(header.actions(), null).text());
              out.writeString(4, header.provenance().text());
            }));
  }

  static byte[] record(Item item) {
    return bytes(record -> {
      switch (item) {
        case Episode episode -> nested(record, EPISODE, out -> episode(out, episode));
        case Item.Demonstration demonstration ->
            nested(record, DEMONSTRATION, out -> demonstration(out, demonstration));
        case Item.Preference preference ->
            nested(record, PREFERENCE, out -> preference(out, preference));
        case Item.Rollout rollout -> nested(record, ROLLOUT, out -> rollout(out, rollout));
      }
    });
  }

  private static void demonstration(CodedOutputStream out, Item.Demonstration demonstration)
      throws IOException {
    nested(out, 1, part -> episode(part, demonstration.episode()));
    out.writeString(2, demonstration.demonstrator());
  }

  private static void preference(CodedOutputStream out, Item.Preference preference)
      throws IOException {
    nested(out, 1, part -> episode(part, preference.first()));
    nested(out, 2, part -> episode(part, preference.second()));
    if (preference.secondPreferred().isPresent()) {
      out.writeDouble(3, preference.secondPreferred().getAsDouble());
    }
    out.writeString(4, preference.judge());
  }

  private static void rollout(CodedOutputStream out, Item.Rollout rollout) throws IOException {
    nested(out, 1, part -> episode(part, rollout.episode()));
    nested(out, 2, part -> array(part, rollout.logProbs()));
    if (rollout.values().isPresent()) {
      nested(out, 3, part -> array(part, rollout.values().get()));
    }
    out.writeInt64(4, rollout.version());
  }

  private static void episode(CodedOutputStream out, Episode episode) throws IOException {
    nested(out, 1, part -> column(part, episode.observations()));
    nested(out, 2, part -> column(part, episode.actions()));
    nested(out, 3, part -> array(part, episode.rewards()));
    out.writeBool(4, episode.terminated());
    out.writeBool(5, episode.truncated());
    nested(out, 6, part -> fields(part, episode.infos()));
    Json.Obj attributes = episode.attributes();
    out.writeString(7, attributes.text());
  }

  private static void column(CodedOutputStream out, Column column) throws IOException {
    switch (column) {
      case Column.Numbers(Tensor values) -> nested(out, 1, part -> array(part, values));
      case Column.Texts(List<String> values) -> nested(out, 2, part -> texts(part, values));
      case Column.Parts(List<Column> parts) -> nested(out, 3, part -> parts(part, parts));
      case Column.Fields fields -> nested(out, 4, part -> fields(part, fields));
    }
  }

  private static void texts(CodedOutputStream out, List<String> values) throws IOException {
    for (String value : values) {
      out.writeString(1, value);
    }
  }

  private static void parts(CodedOutputStream out, List<Column> parts) throws IOException {
    for (Column part : parts) {
      nested(out, 1, below -> column(below, part));
    }
  }

  private static void fields(CodedOutputStream out, Column.Fields fields) throws IOException {
    for (var field : fields.fields().entrySet()) {
      nested(
          out,
          1,
          part -> {
            part.writeString(1, field.getKey());
            nested(part, 2, below -> column(below, field.getValue()));
          });
    }
  }

  private static void array(CodedOutputStream out, Tensor values) throws IOException {
    out.writeEnum(1, ElementType.of(values.dtype()).number());
    Shape shape = values.shape();
    nested(
        out,
        2,
        packed -> {
          for (int extent : shape.dims()) {
            packed.writeInt64NoTag(extent);
          }
        });
    out.writeByteArray(3, littleEndian(values));
  }

  private static byte[] littleEndian(Tensor values) {
    int size = Math.multiplyExact(values.shape().size(), values.dtype().bytes());
    var bytes = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    switch (values.toArray()) {
      case float[] floats -> bytes.asFloatBuffer().put(floats);
      case double[] doubles -> bytes.asDoubleBuffer().put(doubles);
      case int[] ints -> bytes.asIntBuffer().put(ints);
      case long[] longs -> bytes.asLongBuffer().put(longs);
      case byte[] flags -> bytes.put(flags);
      default -> throw new IllegalArgumentException("records: no form for " + values.dtype());
    }
    return bytes.array();
  }
}
