package telos.nn.format;

import com.google.protobuf.CodedOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/// The protocol-buffer messages of TensorBoard that telos writes, by their field numbers.
final class Events {
  private static final int DOUBLE = 2;
  private static final int STRING = 7;
  private static final int TENSOR_DATA = 2;

  private Events() {}

  /// `Event{wall_time = 1, file_version = 3}`, the first record of a file.
  static byte[] version(double wallTime) {
    return Message.bytes(out -> {
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
        Message.bytes(out -> {
          out.writeEnum(1, DOUBLE);
          Message.nested(out, 2, shape(rows.length / 3, 3));
          Message.nested(
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
        Message.bytes(out -> {
          out.writeEnum(1, STRING);
          Message.nested(out, 2, shape());
          out.writeByteArray(8, markdown.getBytes(StandardCharsets.UTF_8));
        });
    return event(wallTime, step, out -> tensor(out, tag, "text", tensor));
  }

  /// An event with one `Summary.Value{tag = 1, image = 4{height = 1, width = 2, colorspace = 3,
  /// encoded_image_string = 4}}`.
  static byte[] image(double wallTime, long step, String tag, byte[] png) {
    var header = Png.header(png);
    return event(
        wallTime,
        step,
        out -> {
          out.writeString(1, tag);
          Message.nested(
              out,
              4,
              image -> {
                image.writeInt32(1, header.height());
                image.writeInt32(2, header.width());
                image.writeInt32(3, header.channels());
                image.writeByteArray(4, png);
              });
        });
  }

  /// An event without a value: its tag belongs to the plugin `hparams`, and its content is
  /// `HParamsPluginData` with one field besides the version 0.
  static byte[] hyperparameters(double wallTime, String tag, int field, Message message) {
    byte[] content = Message.bytes(out -> Message.nested(out, field, message));
    return event(
        wallTime,
        0,
        out -> {
          out.writeString(1, "_hparams_/" + tag);
          Message.nested(
              out,
              9,
              metadata ->
                  Message.nested(
                      metadata,
                      1,
                      data -> {
                        data.writeString(1, "hparams");
                        data.writeByteArray(2, content);
                      }));
        });
  }

  /// `Event{wall_time = 1, step = 2, summary = 5{value = 1}}`.
  private static byte[] event(double wallTime, long step, Message value) {
    return Message.bytes(out -> {
      out.writeDouble(1, wallTime);
      if (step != 0) {
        out.writeInt64(2, step);
      }
      Message.nested(out, 5, summary -> Message.nested(summary, 1, value));
    });
  }

  /// `Value{tag = 1, tensor = 8, metadata = 9{plugin_data = 1{plugin_name = 1}, data_class = 4}}`.
  private static void tensor(CodedOutputStream out, String tag, String plugin, byte[] tensor)
      throws IOException {
    out.writeString(1, tag);
    out.writeByteArray(8, tensor);
    Message.nested(
        out,
        9,
        metadata -> {
          Message.nested(metadata, 1, data -> data.writeString(1, plugin));
          metadata.writeEnum(4, TENSOR_DATA);
        });
  }

  /// `TensorShapeProto{dim = 2{size = 1}}`.
  private static Message shape(int... extents) {
    return out -> {
      for (int extent : extents) {
        Message.nested(out, 2, dim -> dim.writeInt64(1, extent));
      }
    };
  }
}
