package telos.rl.data;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;
import telos.nn.format.FormatException;
import telos.nn.format.Json;
import telos.rl.environment.Space;
import telos.tensor.DType;
import telos.tensor.HeapStorage;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// The messages of `records.proto` by their field numbers, read. Fields of later versions are
/// passed over. Nothing is allocated that the bytes at hand do not fill.
///
/// @param source what to call the record in an error
record RecordReader(String source) {
  private static final int VARINT = WireFormat.WIRETYPE_VARINT;
  private static final int DOUBLE = WireFormat.WIRETYPE_FIXED64;
  private static final int BYTES = WireFormat.WIRETYPE_LENGTH_DELIMITED;

  /// Columns within columns, at most.
  private static final int MOST_DEPTH = 64;

  private static final int MOST_RANK = 32;

  /// Reads one message.
  private interface Reading<T> {
    T read(CodedInputStream in) throws IOException;
  }

  private <T> T whole(byte[] message, Reading<T> reading) throws FormatException {
    try {
      return reading.read(CodedInputStream.newInstance(message));
    } catch (FormatException e) {
      throw e;
    } catch (IOException | IllegalArgumentException | ArithmeticException e) {
      throw new FormatException("%s is malformed: %s".formatted(source, e.getMessage()), e);
    }
  }

  private FormatException fault(String what) {
    return new FormatException("%s %s".formatted(source, what));
  }

  private <T> T required(@Nullable T value, String what) throws FormatException {
    if (value == null) {
      throw fault("has no " + what);
    }
    return value;
  }

  /// The header that a file begins with.
  Header header(byte[] record) throws FormatException {
    return whole(
        record,
        in -> {
          int tag = in.readTag();
          if (tag != (RecordMessages.HEADER << 3 | BYTES)) {
            throw fault("is no header of a file of records");
          }
          return whole(in.readByteArray(), this::header);
        });
  }

  private Header header(CodedInputStream in) throws IOException {
    int version = 0;
    String observations = "";
    String actions = "";
    String provenance = "{}";
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (tag) {
        case 1 << 3 | VARINT -> version = in.readUInt32();
        case 2 << 3 | BYTES -> observations = in.readStringRequireUtf8();
        case 3 << 3 | BYTES -> actions = in.readStringRequireUtf8();
        case 4 << 3 | BYTES -> provenance = in.readStringRequireUtf8();
        default -> in.skipField(tag);
      }
    }
    if (version != RecordMessages.VERSION) {
      throw fault("is of version %d of the format; this telos reads 1".formatted(version));
    }
    Space<?> observed = SpaceJson.read(source + ", observation_space", observations);
    return new Header(
        observed, SpaceJson.read(source + ", action_space", actions), object(provenance));
  }

  private Json.Obj object(String text) throws FormatException {
    if (Json.read(source, text.getBytes(StandardCharsets.UTF_8)) instanceof Json.Obj object) {
      return object;
    }
    throw fault("has notes that are no JSON object");
  }

  /// What a record after the header holds.
  Item item(byte[] record) throws FormatException {
    return whole(record, this::item);
  }

  private Item item(CodedInputStream in) throws IOException {
    int tag = in.readTag();
    return switch (tag) {
      case RecordMessages.EPISODE << 3 | BYTES -> whole(in.readByteArray(), this::episode);
      case RecordMessages.DEMONSTRATION << 3 | BYTES ->
          whole(in.readByteArray(), this::demonstration);
      case RecordMessages.PREFERENCE << 3 | BYTES -> whole(in.readByteArray(), this::preference);
      case RecordMessages.ROLLOUT << 3 | BYTES -> whole(in.readByteArray(), this::rollout);
      default -> throw fault("is of no kind that this telos knows");
    };
  }

  private Item demonstration(CodedInputStream in) throws IOException {
    Episode episode = null;
    String demonstrator = "";
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (tag) {
        case 1 << 3 | BYTES -> episode = whole(in.readByteArray(), this::episode);
        case 2 << 3 | BYTES -> demonstrator = in.readStringRequireUtf8();
        default -> in.skipField(tag);
      }
    }
    return new Item.Demonstration(required(episode, "episode"), demonstrator);
  }

  private Item preference(CodedInputStream in) throws IOException {
    Episode first = null;
    Episode second = null;
    OptionalDouble secondPreferred = OptionalDouble.empty();
    String judge = "";
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (tag) {
        case 1 << 3 | BYTES -> first = whole(in.readByteArray(), this::episode);
        case 2 << 3 | BYTES -> second = whole(in.readByteArray(), this::episode);
        case 3 << 3 | DOUBLE -> secondPreferred = OptionalDouble.of(in.readDouble());
        case 4 << 3 | BYTES -> judge = in.readStringRequireUtf8();
        default -> in.skipField(tag);
      }
    }
    return new Item.Preference(
        required(first, "first segment"),
        required(second, "second segment"),
        secondPreferred,
        judge);
  }

  private Item rollout(CodedInputStream in) throws IOException {
    Episode episode = null;
    Tensor logProbs = null;
    Optional<Tensor> values = Optional.empty();
    long version = 0;
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (tag) {
        case 1 << 3 | BYTES -> episode = whole(in.readByteArray(), this::episode);
        case 2 << 3 | BYTES -> logProbs = whole(in.readByteArray(), this::array);
        case 3 << 3 | BYTES -> values = Optional.of(whole(in.readByteArray(), this::array));
        case 4 << 3 | VARINT -> version = in.readInt64();
        default -> in.skipField(tag);
      }
    }
    return new Item.Rollout(
        required(episode, "episode"), required(logProbs, "log-probabilities"), values, version);
  }

  private Episode episode(CodedInputStream in) throws IOException {
    Column observations = null;
    Column actions = null;
    Tensor rewards = null;
    boolean terminated = false;
    boolean truncated = false;
    Column.Fields infos = Column.Fields.NONE;
    String attributes = "{}";
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (tag) {
        case 1 << 3 | BYTES -> observations = column(in.readByteArray(), MOST_DEPTH);
        case 2 << 3 | BYTES -> actions = column(in.readByteArray(), MOST_DEPTH);
        case 3 << 3 | BYTES -> rewards = whole(in.readByteArray(), this::array);
        case 4 << 3 | VARINT -> terminated = in.readBool();
        case 5 << 3 | VARINT -> truncated = in.readBool();
        case 6 << 3 | BYTES -> infos = whole(in.readByteArray(), part -> fields(part, MOST_DEPTH));
        case 7 << 3 | BYTES -> attributes = in.readStringRequireUtf8();
        default -> in.skipField(tag);
      }
    }
    return new Episode(
        required(observations, "observations"),
        required(actions, "actions"),
        required(rewards, "rewards"),
        terminated,
        truncated,
        infos,
        object(attributes));
  }

  private Column column(byte[] message, int depth) throws FormatException {
    if (depth == 0) {
      throw fault("has columns nested deeper than " + MOST_DEPTH);
    }
    return whole(message, in -> column(in, depth));
  }

  private Column column(CodedInputStream in, int depth) throws IOException {
    Column column = null;
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (tag) {
        case 1 << 3 | BYTES -> column = new Column.Numbers(whole(in.readByteArray(), this::array));
        case 2 << 3 | BYTES -> column = whole(in.readByteArray(), this::texts);
        case 3 << 3 | BYTES -> column = whole(in.readByteArray(), part -> parts(part, depth));
        case 4 << 3 | BYTES -> column = whole(in.readByteArray(), part -> fields(part, depth));
        default -> in.skipField(tag);
      }
    }
    return required(column, "kind of a column that is known here");
  }

  private Column.Texts texts(CodedInputStream in) throws IOException {
    List<String> values = new ArrayList<>();
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      if (tag == (1 << 3 | BYTES)) {
        values.add(in.readStringRequireUtf8());
      } else {
        in.skipField(tag);
      }
    }
    return new Column.Texts(values);
  }

  private Column.Parts parts(CodedInputStream in, int depth) throws IOException {
    List<Column> parts = new ArrayList<>();
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      if (tag == (1 << 3 | BYTES)) {
        parts.add(column(in.readByteArray(), depth - 1));
      } else {
        in.skipField(tag);
      }
    }
    return new Column.Parts(parts);
  }

  private Column.Fields fields(CodedInputStream in, int depth) throws IOException {
    Map<String, Column> fields = new LinkedHashMap<>();
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      if (tag == (1 << 3 | BYTES)) {
        whole(in.readByteArray(), part -> field(part, depth, fields));
      } else {
        in.skipField(tag);
      }
    }
    return new Column.Fields(fields);
  }

  private boolean field(CodedInputStream in, int depth, Map<String, Column> into)
      throws IOException {
    String name = "";
    Column column = null;
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (tag) {
        case 1 << 3 | BYTES -> name = in.readStringRequireUtf8();
        case 2 << 3 | BYTES -> column = column(in.readByteArray(), depth - 1);
        default -> in.skipField(tag);
      }
    }
    if (into.put(name, required(column, "column named " + name)) != null) {
      throw fault("has two columns named " + name);
    }
    return true;
  }

  private Tensor array(CodedInputStream in) throws IOException {
    int type = 0;
    List<Integer> extents = new ArrayList<>();
    byte[] data = {};
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (tag) {
        case 1 << 3 | VARINT -> type = in.readEnum();
        case 2 << 3 | VARINT -> extents.add(Math.toIntExact(in.readInt64()));
        case 2 << 3 | BYTES -> extents.addAll(whole(in.readByteArray(), RecordReader::packed));
        case 3 << 3 | BYTES -> data = in.readByteArray();
        default -> in.skipField(tag);
      }
    }
    return tensor(ElementType.of(type).dtype(), extents, data);
  }

  private static List<Integer> packed(CodedInputStream in) throws IOException {
    List<Integer> values = new ArrayList<>();
    while (!in.isAtEnd()) {
      values.add(Math.toIntExact(in.readInt64()));
    }
    return values;
  }

  private Tensor tensor(DType dtype, List<Integer> extents, byte[] data) throws FormatException {
    if (extents.size() > MOST_RANK) {
      throw fault("has an array of %d axes".formatted(extents.size()));
    }
    Shape shape = Shape.of(extents.stream().mapToInt(Integer::intValue).toArray());
    if ((long) shape.size() * dtype.bytes() != data.length) {
      throw fault("has an array %s of %s in %d bytes".formatted(shape, dtype, data.length));
    }
    Object array = HeapStorage.newArray(dtype, shape.size());
    var bytes = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN);
    switch (array) {
      case float[] floats -> bytes.asFloatBuffer().get(floats);
      case double[] doubles -> bytes.asDoubleBuffer().get(doubles);
      case int[] ints -> bytes.asIntBuffer().get(ints);
      case long[] longs -> bytes.asLongBuffer().get(longs);
      default -> flags(bytes, (byte[]) array);
    }
    return Tensor.of(array, dtype, shape);
  }

  private void flags(ByteBuffer bytes, byte[] into) throws FormatException {
    bytes.get(into);
    for (byte flag : into) {
      if (flag != 0 && flag != 1) {
        throw fault("has the truth value %d".formatted(flag));
      }
    }
  }
}
