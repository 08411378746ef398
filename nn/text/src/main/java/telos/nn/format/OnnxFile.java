package telos.nn.format;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/// What an ONNX file says it holds. Weights are passed over, not loaded, and files beside it are
/// named, not opened: memory stays small whatever the file.
///
/// @param irVersion version of the format
/// @param producer who wrote it
/// @param opsets version of each operator set; the default one has the empty name
/// @param inputs without those that are initializers too
/// @param outputs in order
/// @param operators how many nodes of each type there are, nested graphs not counted
/// @param initializers how many there are
/// @param weightBytes bytes of data in and beside the file
/// @param external names of files beside it that hold weights
public record OnnxFile(
    long irVersion,
    String producer,
    SequencedMap<String, Long> opsets,
    List<Value> inputs,
    List<Value> outputs,
    SequencedMap<String, Long> operators,
    long initializers,
    long weightBytes,
    List<String> external) {
  /// An input or output.
  ///
  /// @param type name of the element type, such as `FLOAT`
  /// @param dims numbers, names, or `?` where nothing is said
  public record Value(String name, String type, List<String> dims) {}

  private static final int MOST_NAMES = 100_000;
  private static final int LONGEST_NAME = 4096;
  private static final List<String> TYPES =
      List.of(
          "UNDEFINED",
          "FLOAT",
          "UINT8",
          "INT8",
          "UINT16",
          "INT16",
          "INT32",
          "INT64",
          "STRING",
          "BOOL",
          "FLOAT16",
          "DOUBLE",
          "UINT32",
          "UINT64",
          "COMPLEX64",
          "COMPLEX128",
          "BFLOAT16");

  public OnnxFile {
    opsets = Collections.unmodifiableSequencedMap(new TreeMap<>(opsets));
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
    operators = Collections.unmodifiableSequencedMap(new TreeMap<>(operators));
    external = List.copyOf(external);
  }

  /// Reads the structure of a file.
  ///
  /// @throws FormatException when the file is no well-formed ONNX model
  public static OnnxFile inspect(Path file) throws IOException {
    if (Files.size(file) > Integer.MAX_VALUE) {
      throw new FormatException(
          "%s: has %d bytes, an ONNX file has less than 2 GiB".formatted(file, Files.size(file)));
    }
    try (var in = Files.newInputStream(file)) {
      return new Reading(file.toString()).file(in);
    } catch (InvalidProtocolBufferException e) {
      throw new FormatException(
          "%s: is not a well-formed ONNX file: %s".formatted(file, e.getMessage()), e);
    }
  }

  /// One pass over the fields, by their numbers and wire types; unknown ones are skipped.
  private static final class Reading {
    private static final int VARINT = WireFormat.WIRETYPE_VARINT;
    private static final int BYTES = WireFormat.WIRETYPE_LENGTH_DELIMITED;

    private final String source;
    private long irVersion;
    private String producer = "";
    private boolean graph;
    private final TreeMap<String, Long> opsets = new TreeMap<>();
    private final List<Value> inputs = new ArrayList<>();
    private final List<Value> outputs = new ArrayList<>();
    private final TreeMap<String, Long> operators = new TreeMap<>();
    private final TreeSet<String> initializers = new TreeSet<>();
    private final TreeSet<String> external = new TreeSet<>();
    private long weightBytes;

    Reading(String source) {
      this.source = source;
    }

    /// Reads the field with this tag, or leaves it.
    private interface Field {
      boolean read(int tag) throws IOException;
    }

    OnnxFile file(InputStream stream) throws IOException {
      var in = CodedInputStream.newInstance(stream);
      fields(in, tag -> model(in, tag));
      if (irVersion <= 0 || !graph) {
        throw new FormatException(
            "%s: is not an ONNX file: it has no %s"
                .formatted(source, graph ? "IR version" : "graph"));
      }
      inputs.removeIf(input -> initializers.contains(input.name()));
      return new OnnxFile(
          irVersion,
          producer,
          opsets,
          inputs,
          outputs,
          operators,
          initializers.size(),
          weightBytes,
          List.copyOf(external));
    }

    private static void fields(CodedInputStream in, Field field) throws IOException {
      for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
        if (!field.read(tag) && !in.skipField(tag)) {
          throw new InvalidProtocolBufferException("a group ends that has not begun");
        }
      }
    }

    private static boolean nested(CodedInputStream in, Field field) throws IOException {
      int outer = in.pushLimit(in.readUInt32());
      fields(in, field);
      in.checkLastTagWas(0);
      in.popLimit(outer);
      return true;
    }

    private boolean model(CodedInputStream in, int tag) throws IOException {
      switch (tag) {
        case 1 << 3 | VARINT -> irVersion = in.readInt64();
        case 2 << 3 | BYTES -> producer = text(in);
        case 7 << 3 | BYTES -> graph = nested(in, inner -> graph(in, inner));
        case 8 << 3 | BYTES -> opset(in);
        default -> {
          return false;
        }
      }
      return true;
    }

    /// The first two fields of a small message: texts and numbers, in words.
    private Map<Integer, String> small(CodedInputStream in) throws IOException {
      var fields = new TreeMap<Integer, String>();
      nested(
          in,
          tag -> {
            int number = WireFormat.getTagFieldNumber(tag);
            boolean text = WireFormat.getTagWireType(tag) == BYTES;
            boolean wanted = number <= 2 && (text || WireFormat.getTagWireType(tag) == VARINT);
            if (wanted) {
              fields.put(number, text ? text(in) : Long.toString(in.readInt64()));
            }
            return wanted;
          });
      return fields;
    }

    private void opset(CodedInputStream in) throws IOException {
      var fields = small(in);
      var domain = bounded(fields.getOrDefault(1, ""), opsets.size());
      opsets.put(domain, number(fields.getOrDefault(2, "")));
    }

    private static long number(String digits) {
      return digits.matches("\\d{1,18}") ? Long.parseLong(digits) : 0;
    }

    private boolean graph(CodedInputStream in, int tag) throws IOException {
      switch (tag) {
        case 1 << 3 | BYTES -> nested(in, inner -> node(in, inner));
        case 5 << 3 | BYTES -> nested(in, inner -> tensor(in, inner));
        case 11 << 3 | BYTES -> inputs.add(value(in, inputs.size()));
        case 12 << 3 | BYTES -> outputs.add(value(in, outputs.size()));
        default -> {
          return false;
        }
      }
      return true;
    }

    private boolean node(CodedInputStream in, int tag) throws IOException {
      if (tag != (4 << 3 | BYTES)) {
        return false;
      }
      operators.merge(bounded(text(in), operators.size()), 1L, Long::sum);
      return true;
    }

    private boolean tensor(CodedInputStream in, int tag) throws IOException {
      switch (tag) {
        case 8 << 3 | BYTES -> initializers.add(bounded(text(in), initializers.size()));
        case 9 << 3 | BYTES -> {
          int length = in.readUInt32();
          in.skipRawBytes(length);
          weightBytes += length;
        }
        case 13 << 3 | BYTES -> external(in);
        default -> {
          return false;
        }
      }
      return true;
    }

    private void external(CodedInputStream in) throws IOException {
      var fields = small(in);
      var value = fields.getOrDefault(2, "");
      switch (fields.getOrDefault(1, "")) {
        case "location" -> external.add(bounded(value, external.size()));
        case "length" -> weightBytes += number(value);
        default -> {}
      }
    }

    /// `ValueInfoProto{name = 1, type = 2{tensor_type = 1{elem_type = 1, shape = 2{dim = 1}}}}`;
    /// other types than tensors have type `?` and no extents.
    private Value value(CodedInputStream in, int before) throws IOException {
      var reading = new ValueReading();
      nested(in, tag -> value(in, tag, reading));
      return new Value(bounded(reading.name, before), reading.type, List.copyOf(reading.dims));
    }

    private static final class ValueReading {
      private String name = "";
      private String type = "?";
      private final List<String> dims = new ArrayList<>();
    }

    private boolean value(CodedInputStream in, int tag, ValueReading value) throws IOException {
      switch (tag) {
        case 1 << 3 | BYTES -> value.name = text(in);
        case 2 << 3 | BYTES ->
            nested(in, type -> type == (1 << 3 | BYTES) && nested(in, t -> type(in, t, value)));
        default -> {
          return false;
        }
      }
      return true;
    }

    private boolean type(CodedInputStream in, int tag, ValueReading value) throws IOException {
      switch (tag) {
        case 1 << 3 | VARINT -> value.type = typeName(in.readInt32());
        case 2 << 3 | BYTES ->
            nested(in, dim -> dim == (1 << 3 | BYTES) && value.dims.add(dim(in, value)));
        default -> {
          return false;
        }
      }
      return true;
    }

    private static String typeName(int number) {
      return number >= 0 && number < TYPES.size() ? TYPES.get(number) : "type " + number;
    }

    private String dim(CodedInputStream in, ValueReading value) throws IOException {
      var fields = small(in);
      return bounded(fields.getOrDefault(2, fields.getOrDefault(1, "?")), value.dims.size());
    }

    private String text(CodedInputStream in) throws IOException {
      int length = in.readUInt32();
      if (length < 0 || length > LONGEST_NAME) {
        throw new FormatException(
            "%s: has a name of %s bytes, more than %d"
                .formatted(source, Integer.toUnsignedString(length), LONGEST_NAME));
      }
      return new String(in.readRawBytes(length), StandardCharsets.UTF_8);
    }

    private String bounded(String name, int before) throws FormatException {
      if (before >= MOST_NAMES) {
        throw new FormatException(
            "%s: has more than %d names of a kind".formatted(source, MOST_NAMES));
      }
      return name;
    }
  }

  /// The default operator set's version, 0 if there is none.
  public long opset() {
    return opsets.getOrDefault("", opsets.getOrDefault("ai.onnx", 0L));
  }
}
