package telos.nn.text;

import java.util.Arrays;

/// One printable character for each byte, as GPT-2 writes byte strings in vocabularies: 33-126,
/// 161-172 and 174-255 stand for themselves, the other 68 bytes in ascending order are U+0100,
/// U+0101, ... (a space is `Ġ`, a line feed `Ċ`).
public final class ByteAlphabet {
  private static final char[] CHARACTERS = new char[256];
  private static final int[] BYTES = new int[0x100 + 68];

  static {
    Arrays.fill(BYTES, -1);
    char next = 0x100;
    for (int b = 0; b < 256; b++) {
      boolean printable = b >= 33 && b <= 126 || b >= 161 && b <= 172 || b >= 174;
      CHARACTERS[b] = printable ? (char) b : next++;
      BYTES[CHARACTERS[b]] = b;
    }
  }

  private ByteAlphabet() {}

  /// The character of a byte, 0 to 255.
  public static char character(int b) {
    return CHARACTERS[b];
  }

  /// The characters of bytes.
  public static String characters(byte[] bytes) {
    var text = new char[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      text[i] = CHARACTERS[bytes[i] & 0xff];
    }
    return new String(text);
  }

  /// The bytes a vocabulary entry stands for; an entry with any other character stands for itself.
  public static byte[] bytes(String characters) {
    var bytes = new byte[characters.length()];
    for (int i = 0; i < bytes.length; i++) {
      int b = characters.charAt(i) < BYTES.length ? BYTES[characters.charAt(i)] : -1;
      if (b < 0) {
        return Utf8.bytes(characters);
      }
      bytes[i] = (byte) b;
    }
    return bytes;
  }
}
