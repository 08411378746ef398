package telos.nn.text;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// Text to integers and back. Ids run from 0 to [#vocabularySize] - 1; where a tokenizer has the
/// special tokens below they have these ids.
///
/// Text is what is encoded, nothing else: no text, whatever a user types, encodes to a special
/// token. Half surrogate pairs, which no UTF-8 can hold, are read as U+FFFD; of all other text
/// `decode(encode(text))` is the text, unless the tokenizer normalizes it or has unknown
/// characters.
public interface Tokenizer {
  /// Padding.
  int PAD = 0;

  /// Begin of a sequence.
  int BOS = 1;

  /// End of a sequence.
  int EOS = 2;

  /// Separator.
  int SEP = 3;

  /// The ids of a text, without any special token.
  int[] encode(String text);

  /// The text of any ids: special tokens are left out, ids outside the vocabulary and bytes that
  /// are not well-formed UTF-8 become U+FFFD.
  String decode(int... ids);

  /// A decoder for ids that come one after the other, as a model generates them.
  DecodeStream stream();

  /// Number of ids.
  int vocabularySize();

  /// How one token is written in tables and reports; bytes as in [ByteAlphabet].
  ///
  /// @throws IndexOutOfBoundsException outside 0 to [#vocabularySize] - 1
  String token(int id);

  /// SHA-256, in hexadecimal, of all tokens in the order of their ids, each with its length in
  /// front: equal for equal vocabularies, whatever their files look like.
  default String vocabularyHash() {
    try {
      var digest = MessageDigest.getInstance("SHA-256");
      for (int id = 0; id < vocabularySize(); id++) {
        byte[] token = Utf8.bytes(token(id));
        digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(token.length).array());
        digest.update(token);
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
