package telos.nn.text;

import java.util.Arrays;
import java.util.Objects;

/// The characters (code points) of one text in ascending order, after the four special tokens.
public final class CharTokenizer implements Tokenizer {
  private final int[] characters;

  private CharTokenizer(int[] characters) {
    this.characters = characters;
  }

  /// The tokenizer of the characters that occur in `text`.
  public static CharTokenizer of(String text) {
    return new CharTokenizer(Utf8.wellFormed(text).codePoints().sorted().distinct().toArray());
  }

  /// @throws IllegalArgumentException when a character did not occur in the text it was made from
  @Override
  public int[] encode(String text) {
    return Utf8.wellFormed(text).codePoints().map(this::id).toArray();
  }

  private int id(int character) {
    int found = Arrays.binarySearch(characters, character);
    if (found < 0) {
      throw new IllegalArgumentException(
          "the character '%s' (U+%04X) is not among the %d of this tokenizer; build it from a text that has it"
              .formatted(Character.toString(character), character, characters.length));
    }
    return found + Specials.COUNT;
  }

  @Override
  public String decode(int... ids) {
    var text = new StringBuilder();
    for (int id : ids) {
      if (id < 0 || id >= vocabularySize()) {
        text.append(Utf8.REPLACEMENT);
      } else if (id >= Specials.COUNT) {
        text.appendCodePoint(characters[id - Specials.COUNT]);
      }
    }
    return text.toString();
  }

  /// Every id is a whole character, so nothing is ever held back.
  @Override
  public DecodeStream stream() {
    return new DecodeStream() {
      @Override
      public String add(int... ids) {
        return decode(ids);
      }

      @Override
      public String finish() {
        return "";
      }
    };
  }

  @Override
  public int vocabularySize() {
    return characters.length + Specials.COUNT;
  }

  @Override
  public String token(int id) {
    Objects.checkIndex(id, vocabularySize());
    return id < Specials.COUNT
        ? Specials.TEXTS.get(id)
        : Character.toString(characters[id - Specials.COUNT]);
  }
}
