package telos.nn.text;

import java.util.Objects;

/// UTF-8 bytes: byte b is token b + 4, after the four special tokens. 260 tokens, nothing to learn.
public record ByteTokenizer() implements Tokenizer {
  @Override
  public int[] encode(String text) {
    byte[] bytes = Utf8.bytes(text);
    var ids = new int[bytes.length];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = (bytes[i] & 0xff) + Specials.COUNT;
    }
    return ids;
  }

  @Override
  public String decode(int... ids) {
    var bytes = new Bytes(ids.length);
    for (int id : ids) {
      if (id < 0 || id >= vocabularySize()) {
        bytes.add(Utf8.bytes(Utf8.REPLACEMENT));
      } else if (id >= Specials.COUNT) {
        bytes.add((byte) (id - Specials.COUNT));
      }
    }
    return bytes.text();
  }

  @Override
  public int vocabularySize() {
    return 256 + Specials.COUNT;
  }

  @Override
  public String token(int id) {
    Objects.checkIndex(id, vocabularySize());
    return id < Specials.COUNT
        ? Specials.TEXTS.get(id)
        : Character.toString(ByteAlphabet.character(id - Specials.COUNT));
  }
}
