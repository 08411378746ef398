package telos.nn.text;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Decodes UTF-8 as it comes: a character whose bytes are not all there is held back. What is not
/// well-formed becomes U+FFFD, the same as when all bytes are decoded at once: text is only ever
/// cut before a byte that begins a character.
final class Utf8Stream {
  private byte[] pending = {};

  String add(byte... more) {
    var all = Arrays.copyOf(pending, pending.length + more.length);
    System.arraycopy(more, 0, all, pending.length, more.length);
    int whole = whole(all);
    pending = Arrays.copyOfRange(all, whole, all.length);
    return new String(all, 0, whole, StandardCharsets.UTF_8);
  }

  String finish() {
    var rest = new String(pending, StandardCharsets.UTF_8);
    pending = new byte[0];
    return rest;
  }

  /// How many bytes come before an unfinished character at the end.
  private static int whole(byte[] bytes) {
    int n = bytes.length;
    for (int i = n - 1; i >= Math.max(0, n - 3); i--) {
      int lead = bytes[i] & 0xff;
      if (lead >= 0xc0) {
        int needed = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
        return i + needed > n ? i : n;
      }
      if (lead < 0x80) {
        return n;
      }
    }
    return n;
  }
}
