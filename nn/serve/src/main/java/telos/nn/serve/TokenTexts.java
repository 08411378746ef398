package telos.nn.serve;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import telos.nn.text.ByteAlphabet;
import telos.nn.text.Tokenizer;

/// Single tokens as log-probabilities list them: as text, and as the bytes they stand for, which
/// need not be whole characters.
final class TokenTexts {
  private static final String ANCHOR = "a";

  private final Tokenizer tokenizer;
  private final int[] before;

  TokenTexts(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
    this.before = tokenizer.encode(ANCHOR);
  }

  /// The text of a token in the middle of others (at the beginning some decoders take its space
  /// away), U+FFFD for parts of characters, the name of a special token.
  String text(int id) {
    var stream = tokenizer.stream();
    String text = stream.add(before) + stream.add(id) + stream.finish();
    String own = text.startsWith(ANCHOR) ? text.substring(ANCHOR.length()) : text;
    return own.isEmpty() && id < tokenizer.vocabularySize() ? tokenizer.token(id) : own;
  }

  byte[] bytes(int id) {
    String text = text(id);
    if (text.indexOf('\uFFFD') < 0 || id >= tokenizer.vocabularySize()) {
      return text.getBytes(StandardCharsets.UTF_8);
    }
    String token = tokenizer.token(id);
    return token.matches("<0x[0-9A-F]{2}>")
        ? HexFormat.of().parseHex(token.substring(3, 5))
        : ByteAlphabet.bytes(token);
  }
}
