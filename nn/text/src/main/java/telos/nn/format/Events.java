package telos.nn.format;

import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/// The protocol-buffer messages of TensorBoard that telos writes, by their field numbers.
final class Events {
  private static final int DOUBLE = 2;
  private static final int STRING = 7;
  private static final int TENSOR_DATA = 2;

  private Events() {}

  /// Writes the fields of one message.
  private interface Fields {
    void write(CodedOutputStream out) throws IOException;
  }

  /// `Event{wall_time = 1, file_version = 3}`, the first record of a file.
  static byte[] version(double wallTime) {
    return message(out -> {
      out.writeDouble(1, wallTime);
      out.writeString(3, "brain.Event:2");
    });
  }

  /// An event with one `Summary.Value{tag = 1, simple_value = 2}`.
  static byte[] scalar(double wallTime, long step, String tag, float value) {
    return event(
        wallTime,
        step,
        out -> {
          out.writeString(1, tag);
          out.writeFloat(2, value);
        });
  }

  /// An event with a float64 tensor `[k, 3]` of the plugin `histograms`: left edge, right edge,
  /// count.
  static byte[] histogram(double wallTime, long step, String tag, double[] rows) {
    byte[] tensor =
        message(out -> {
          out.writeEnum(1, DOUBLE);
          nested(out, 2, shape(rows.length / 3, 3));
          nested(
              out,
              6,
              packed -> {
                for (double value : rows) {
                  packed.writeDoubleNoTag(value);
                }
              });
        });
    return event(wallTime, step, out -> tensor(out, tag, "histograms", tensor));
  }

  /// An event with a string tensor of rank 0 of the plugin `text`.
  static byte[] text(double wallTime, long step, String tag, String markdown) {
    byte[] tensor =
        message(out -> {
          out.writeEnum(1, STRING);
          nested(out, 2, shape());
          out.writeByteArray(8, markdown.getBytes(StandardCharsets.UTF_8));
        });
    return event(wallTime, step, out -> tensor(out, tag, "text", tensor));
  }

  /// `Event{wall_time = 1, step = 2, summary = 5{value = 1}}`.
  private static byte[] event(double wallTime, long step, Fields value) {
    return message(out -> {
      out.writeDouble(1, wallTime);
      out.writeInt64(2, step);
      nested(out, 5, summary -> nested(summary, 1, value));
    });
  }

  /// `Value{tag = 1, tensor = 8, metadata = 9{plugin_data = 1{plugin_name = 1}, data_class = 4}}`.
  private static void tensor(CodedOutputStream out, String tag, String plugin, byte[] tensor)
      throws IOException {
    out.writeString(1, tag);
    out.writeByteArray(8, tensor);
    nested(
        out,
        9,
        metadata -> {
          nested(metadata, 1, data -> data.writeString(1, plugin));
          metadata.writeEnum(4, TENSOR_DATA);
        });
  }

  /// `TensorShapeProto{dim = 2{size = 1}}`.
  private static Fields shape(int... extents) {
    return out -> {
      for (int extent : extents) {
        nested(out, 2, dim -> dim.writeInt64(1, extent));
      }
    };
  }

  private static void nested(CodedOutputStream out, int field, Fields fields) throws IOException {
    out.writeByteArray(field, message(fields));
  }

  private static byte[] message(Fields fields) {
    var bytes = new ByteArrayOutputStream();
    var out = CodedOutputStream.newInstance(bytes);
    try {
      fields.write(out);
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("memory refused a write", e);
    }
    return bytes.toByteArray();
  }
}
