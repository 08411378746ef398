package telos.nn.text;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/// SentencePiece's compiled normalization rules: a double-array trie over UTF-8 bytes
/// (little-endian 32-bit units, as Darts-clone packs them) whose values point into a list of
/// zero-terminated replacements. At each place of a text the longest rule is replaced, else one
/// character is kept.
///
/// A unit holds in bits 0-7 the label of the edge into it, in bit 8 whether a string ends there
/// (its value is then the low 31 bits of the unit one step on by a zero byte), and in bits 10-30
/// the offset to its children, times 256 if bit 9 is set.
final class Charsmap {
  private final int[] units;
  private final byte[] replacements;

  private Charsmap(int[] units, byte[] replacements) {
    this.units = units;
    this.replacements = replacements;
  }

  /// @param base64 the length of the trie in bytes, the trie, the replacements
  /// @throws IllegalArgumentException when it is malformed
  static Charsmap of(String base64) {
    byte[] all;
    try {
      all = Base64.getDecoder().decode(base64);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("the precompiled charsmap is not Base64", e);
    }
    var buffer = ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN);
    int bytes = all.length < 4 ? -1 : buffer.getInt();
    if (bytes < 4 || bytes % 4 != 0 || bytes > all.length - 4) {
      throw new IllegalArgumentException(
          "the precompiled charsmap of %d bytes is not a trie and its replacements"
              .formatted(all.length));
    }
    var units = new int[bytes / 4];
    buffer.asIntBuffer().get(units);
    buffer.position(4 + bytes);
    var replacements = new byte[buffer.remaining()];
    buffer.get(replacements);
    return new Charsmap(units, replacements);
  }

  Aligned apply(Aligned text) {
    var raw = text.text();
    byte[] bytes = Utf8.bytes(raw);
    var out = new Aligned.Builder(raw.length());
    for (int at = 0, from = 0; at < bytes.length; ) {
      long rule = longest(bytes, at);
      if (rule >= 0) {
        int length = (int) (rule >>> 32);
        int end = from + new String(bytes, at, length, StandardCharsets.UTF_8).length();
        out.put(replacement((int) rule), text.start(from), text.end(end - 1));
        at += length;
        from = end;
      } else {
        int c = raw.codePointAt(from);
        int end = from + Character.charCount(c);
        out.keep(text, from, end);
        at += c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
        from = end;
      }
    }
    return out.build();
  }

  /// Length (upper half) and value (lower half) of the longest rule at a place, -1 without one.
  private long longest(byte[] bytes, int at) {
    long found = -1;
    int node = offset(units[0]);
    for (int i = at; i < bytes.length; i++) {
      int label = bytes[i] & 0xff;
      node ^= label;
      if (label == 0 || node >= units.length || (units[node] & 0x800000ff) != label) {
        break;
      }
      int unit = units[node];
      node ^= offset(unit);
      boolean ends = (unit >>> 8 & 1) == 1 && node < units.length;
      if (ends && (i + 1 == bytes.length || (bytes[i + 1] & 0xc0) != 0x80)) {
        found = (long) (i + 1 - at) << 32 | units[node] & 0x7fffffff;
      }
    }
    return found;
  }

  private static int offset(int unit) {
    return unit >>> 10 << ((unit & 1 << 9) >>> 6);
  }

  private String replacement(int from) {
    int end = Math.min(from, replacements.length);
    int start = end;
    while (end < replacements.length && replacements[end] != 0) {
      end++;
    }
    return new String(replacements, start, end - start, StandardCharsets.UTF_8);
  }
}
