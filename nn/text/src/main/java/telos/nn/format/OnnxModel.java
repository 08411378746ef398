package telos.nn.format;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import telos.nn.format.OnnxGraph.Attribute;
import telos.nn.format.OnnxGraph.Initializer;
import telos.nn.format.OnnxGraph.Node;

/// An ONNX file to be: `ModelProto` and what is in it, by their field numbers. Weights are copied
/// out of the model one at a time, as they are written.
///
/// A protocol-buffer message has less than 2 GiB. Where the weights do not fit, those of a kilobyte
/// and more go to a file beside it, `FILE.data`, on which the tensors of the model then depend by
/// its plain name, an offset and a length.
///
/// @param name of the graph
/// @param opset version of the default operator set
record OnnxModel(
    String name,
    int opset,
    List<Signature> inputs,
    List<Signature> outputs,
    List<Node> nodes,
    List<Initializer> initializers) {
  /// Most bytes of a message, with room for the structure around the weights.
  static final long LIMIT = Integer.MAX_VALUE;

  private static final int SMALL = 1024;
  private static final int PAGE = 4096;

  /// A named input or output.
  ///
  /// @param dims numbers, or names of open extents
  record Signature(String name, OnnxType type, List<String> dims) {}

  /// The IR version that came with an operator set: runtimes refuse files newer than themselves.
  static int irVersion(int opset) {
    return switch (opset) {
      case 17, 18 -> 8;
      case 19, 20 -> 9;
      case 21, 22 -> 10;
      case 23 -> 11;
      default ->
          throw new IllegalArgumentException(
              "onnx: opset " + opset + " is not written; 17 to 23 are");
    };
  }

  /// Writes the model, whole or not at all; the file of the weights, if it needs one, before it.
  void write(Path file, long limit) throws IOException {
    var body = new ArrayList<Weights>();
    initializers.forEach(i -> body.add(Weights.inside(i)));
    if (size(body) + head().length > limit) {
      var data = file.resolveSibling(file.getFileName() + ".data");
      body.clear();
      long offset = 0;
      for (var initializer : initializers) {
        boolean small = initializer.bytes() < SMALL;
        body.add(
            small
                ? Weights.inside(initializer)
                : Weights.beside(initializer, data.getFileName().toString(), offset));
        offset += small ? 0 : pages(initializer.bytes());
      }
      AtomicFiles.write(data, out -> writeData(out, body));
    }
    AtomicFiles.write(file, out -> write(out, body));
  }

  private static long pages(long bytes) {
    return Math.ceilDiv(bytes, PAGE) * PAGE;
  }

  private static void writeData(OutputStream out, List<Weights> body) throws IOException {
    for (var weights : body) {
      if (weights.raw() == 0) {
        var initializer = weights.of();
        Elements.write(out, initializer.elements(), StoredType.F32);
        out.write(new byte[(int) (pages(initializer.bytes()) - initializer.bytes())]);
      }
    }
  }

  private void write(OutputStream stream, List<Weights> body) throws IOException {
    byte[] head = head();
    byte[] tail = tail();
    long size = head.length + size(body) + tail.length;
    var out = CodedOutputStream.newInstance(stream);
    out.writeInt64(1, irVersion(opset));
    out.writeString(2, "telos");
    out.writeTag(7, WireFormat.WIRETYPE_LENGTH_DELIMITED);
    out.writeUInt32NoTag(Math.toIntExact(size));
    out.writeRawBytes(head);
    for (var weights : body) {
      weights.write(out, stream);
    }
    out.writeRawBytes(tail);
    Message.nested(
        out,
        8,
        set -> {
          set.writeString(1, "");
          set.writeInt64(2, opset);
        });
    out.flush();
  }

  private static long size(List<Weights> body) {
    return body.stream().mapToLong(Weights::fieldSize).sum();
  }

  /// The fields of `GraphProto` before its initializers.
  private byte[] head() {
    return Message.bytes(out -> {
      for (var node : nodes) {
        Message.nested(out, 1, node(node));
      }
      out.writeString(2, name);
    });
  }

  /// Those after them.
  private byte[] tail() {
    return Message.bytes(out -> {
      for (var input : inputs) {
        Message.nested(out, 11, signature(input));
      }
      for (var output : outputs) {
        Message.nested(out, 12, signature(output));
      }
    });
  }

  private static Message node(Node node) {
    return out -> {
      for (var input : node.inputs()) {
        out.writeString(1, input);
      }
      for (var output : node.outputs()) {
        out.writeString(2, output);
      }
      out.writeString(3, node.outputs().getFirst());
      out.writeString(4, node.type());
      for (var attribute : node.attributes()) {
        Message.nested(out, 5, attribute(attribute));
      }
    };
  }

  /// `AttributeProto` with the type of its value in field 20.
  private static Message attribute(Attribute attribute) {
    return out -> {
      out.writeString(1, attribute.name());
      int type =
          switch (attribute.value()) {
            case Float number -> {
              out.writeFloat(2, number);
              yield 1;
            }
            case Long number -> {
              out.writeInt64(3, number);
              yield 2;
            }
            case String text -> {
              out.writeByteArray(4, text.getBytes(StandardCharsets.UTF_8));
              yield 3;
            }
            case List<?> numbers -> {
              for (var number : numbers) {
                out.writeInt64(8, (Long) number);
              }
              yield 7;
            }
            default -> throw new IllegalArgumentException("no attribute " + attribute.value());
          };
      out.writeEnum(20, type);
    };
  }

  /// `ValueInfoProto{name, type{tensor_type{elem_type, shape{dim{dim_value | dim_param}}}}}`.
  private static Message signature(Signature signature) {
    Message shape =
        out -> {
          for (var dim : signature.dims()) {
            boolean number = Character.isDigit(dim.charAt(0)) && !dim.contains("*");
            Message.nested(
                out,
                1,
                number ? d -> d.writeInt64(1, Long.parseLong(dim)) : d -> d.writeString(2, dim));
          }
        };
    Message tensor =
        out -> {
          out.writeEnum(1, signature.type().number());
          Message.nested(out, 2, shape);
        };
    return out -> {
      out.writeString(1, signature.name());
      Message.nested(out, 2, type -> Message.nested(type, 1, tensor));
    };
  }

  /// `TensorProto` of one initializer.
  ///
  /// @param of whose it is
  /// @param prefix its fields but the raw data
  /// @param raw bytes of raw data that follow; none where they lie beside the file
  private record Weights(Initializer of, byte[] prefix, long raw) {
    static Weights inside(Initializer of) {
      return new Weights(of, prefix(of, Map.of()), of.bytes());
    }

    static Weights beside(Initializer of, String file, long offset) {
      var where = new java.util.LinkedHashMap<String, String>();
      where.put("location", file);
      where.put("offset", Long.toString(offset));
      where.put("length", Long.toString(of.bytes()));
      return new Weights(of, prefix(of, where), 0);
    }

    private static byte[] prefix(Initializer of, Map<String, String> where) {
      return Message.bytes(out -> {
        for (long dim : of.dims()) {
          out.writeInt64(1, dim);
        }
        out.writeEnum(2, of.type().number());
        out.writeString(8, of.name());
        for (var entry : where.entrySet()) {
          Message.nested(
              out,
              13,
              pair -> {
                pair.writeString(1, entry.getKey());
                pair.writeString(2, entry.getValue());
              });
        }
        if (!where.isEmpty()) {
          out.writeEnum(14, 1);
        }
      });
    }

    private long size() {
      return prefix.length + (raw == 0 ? 0 : delimited(9, raw));
    }

    long fieldSize() {
      return delimited(5, size());
    }

    private static long delimited(int field, long size) {
      return CodedOutputStream.computeTagSize(field)
          + CodedOutputStream.computeUInt64SizeNoTag(size)
          + size;
    }

    void write(CodedOutputStream out, OutputStream stream) throws IOException {
      out.writeTag(5, WireFormat.WIRETYPE_LENGTH_DELIMITED);
      out.writeUInt64NoTag(size());
      out.writeRawBytes(prefix);
      if (raw > 0) {
        out.writeTag(9, WireFormat.WIRETYPE_LENGTH_DELIMITED);
        out.writeUInt64NoTag(raw);
        out.flush();
        Elements.write(stream, of.elements(), StoredType.F32);
      }
    }
  }
}
