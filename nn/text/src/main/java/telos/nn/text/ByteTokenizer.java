package telos.nn.text;

import java.io.ByteArrayOutputStream;
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
    var stream = stream();
    return stream.add(ids) + stream.finish();
  }

  @Override
  public DecodeStream stream() {
    return new Stream();
  }

  private static final class Stream implements DecodeStream {
    private final Utf8Stream bytes = new Utf8Stream();

    @Override
    public String add(int... ids) {
      var run = new ByteArrayOutputStream(ids.length);
      for (int id : ids) {
        if (id < 0 || id >= 256 + Specials.COUNT) {
          run.writeBytes(Utf8.bytes(Utf8.REPLACEMENT));
        } else if (id >= Specials.COUNT) {
          run.write(id - Specials.COUNT);
        }
      }
      return bytes.add(run.toByteArray());
    }

    @Override
    public String finish() {
      return bytes.finish();
    }
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
