package telos.nn.text;

import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/// UTF-8 with U+FFFD for what is not Unicode, in both directions. (`String.getBytes` would write a
/// question mark for half a surrogate pair.)
final class Utf8 {
  static final String REPLACEMENT = "\ufffd";
  private static final byte[] REPLACEMENT_BYTES = REPLACEMENT.getBytes(StandardCharsets.UTF_8);

  private Utf8() {}

  static byte[] bytes(CharSequence text) {
    var encoder =
        StandardCharsets.UTF_8
            .newEncoder()
            .onMalformedInput(CodingErrorAction.REPLACE)
            .replaceWith(REPLACEMENT_BYTES);
    try {
      var buffer = encoder.encode(CharBuffer.wrap(text));
      var bytes = new byte[buffer.remaining()];
      buffer.get(bytes);
      return bytes;
    } catch (CharacterCodingException e) {
      throw new IllegalStateException("an encoder that replaces does not refuse", e);
    }
  }

  static String text(byte[] bytes, int length) {
    return new String(bytes, 0, length, StandardCharsets.UTF_8);
  }

  /// The text with every half surrogate pair replaced.
  static String wellFormed(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isSurrogate(c)) {
        if (Character.isLowSurrogate(c)
            || i + 1 == text.length()
            || !Character.isLowSurrogate(text.charAt(i + 1))) {
          byte[] bytes = bytes(text);
          return text(bytes, bytes.length);
        }
        i++;
      }
    }
    return text;
  }
}
