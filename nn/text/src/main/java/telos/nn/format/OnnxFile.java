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

    private void opset(CodedInputStream in) throws IOException {
      var domain = new String[] {""};
      var version = new long[1];
      nested(
          in,
          tag -> {
            switch (tag) {
              case 1 << 3 | BYTES -> domain[0] = text(in);
              case 2 << 3 | VARINT -> version[0] = in.readInt64();
              default -> {
                return false;
              }
            }
            return true;
          });
      opsets.put(bounded(domain[0], opsets.size()), version[0]);
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
      var pair = new String[] {"", ""};
      nested(
          in,
          tag -> {
            switch (tag) {
              case 1 << 3 | BYTES -> pair[0] = text(in);
              case 2 << 3 | BYTES -> pair[1] = text(in);
              default -> {
                return false;
              }
            }
            return true;
          });
      switch (pair[0]) {
        case "location" -> external.add(bounded(pair[1], external.size()));
        case "length" -> weightBytes += pair[1].matches("\\d{1,18}") ? Long.parseLong(pair[1]) : 0;
        default -> {}
      }
    }

    /// `ValueInfoProto`; other types than tensors have type and shape `?`.
    private Value value(CodedInputStream in, int before) throws IOException {
      var name = new String[] {"", "?"};
      var dims = new ArrayList<String>();
      Field tensor =
          tag -> {
            switch (tag) {
              case 1 << 3 | VARINT -> name[1] = type(in.readInt32());
              case 2 << 3 | BYTES -> nested(in, inner -> dim(in, inner, dims));
              default -> {
                return false;
              }
            }
            return true;
          };
      Field type = tag -> tag == (1 << 3 | BYTES) && nested(in, tensor);
      nested(
          in,
          tag ->
              switch (tag) {
                case 1 << 3 | BYTES -> {
                  name[0] = text(in);
                  yield true;
                }
                case 2 << 3 | BYTES -> nested(in, type);
                default -> false;
              });
      return new Value(bounded(name[0], before), name[1], List.copyOf(dims));
    }

    private static String type(int number) {
      return number >= 0 && number < TYPES.size() ? TYPES.get(number) : "type " + number;
    }

    private boolean dim(CodedInputStream in, int tag, List<String> dims) throws IOException {
      if (tag != (1 << 3 | BYTES)) {
        return false;
      }
      var extent = new String[] {"?"};
      nested(
          in,
          inner -> {
            switch (inner) {
              case 1 << 3 | VARINT -> extent[0] = Long.toString(in.readInt64());
              case 2 << 3 | BYTES -> extent[0] = text(in);
              default -> {
                return false;
              }
            }
            return true;
          });
      return dims.add(bounded(extent[0], dims.size()));
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
