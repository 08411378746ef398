package telos.nn.format;

import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/// A protocol-buffer message, as the code that writes its fields. The few messages telos writes are
/// spelt by their field numbers; generated classes would be many times their size.
interface Message {
  /// Writes the fields, in the order of their numbers.
  void write(CodedOutputStream out) throws IOException;

  /// The encoded message.
  static byte[] bytes(Message message) {
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

  /// Writes a message as a field of another.
  static void nested(CodedOutputStream out, int field, Message message) throws IOException {
    out.writeByteArray(field, bytes(message));
  }
}
