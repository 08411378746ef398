package telos.nn.text;

import java.util.Arrays;

/// A growing run of UTF-8 bytes.
final class Bytes {
  private byte[] bytes;
  private int length;

  Bytes(int expected) {
    bytes = new byte[Math.max(16, expected)];
  }

  void add(byte... more) {
    if (length + more.length > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, length + more.length));
    }
    System.arraycopy(more, 0, bytes, length, more.length);
    length += more.length;
  }

  String text() {
    return Utf8.text(bytes, length);
  }
}
