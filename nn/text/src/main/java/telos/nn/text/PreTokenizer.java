package telos.nn.text;

import java.util.List;

/// How a text is cut into pieces, as data; tokens never cross a cut. `tokenizer.json` names the
/// same kinds.
public sealed interface PreTokenizer {
  /// No cut.
  PreTokenizer NONE = new Sequence(List.of());

  /// GPT-2's: contractions, words with the space before them, numbers, the rest.
  PreTokenizer GPT2 = new ByteLevel(false, true, true);

  /// Llama 3's: letters with one leading character, digits in threes.
  PreTokenizer LLAMA3 = cut(words("\\p{N}{1,3}"));

  /// Qwen 2's: as Llama 3 with single digits (the text is first put in normal form C).
  PreTokenizer QWEN2 = cut(words("\\p{N}"));

  private static String words(String digits) {
    return "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|"
        + digits
        + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  }

  private static PreTokenizer cut(String expression) {
    return new Sequence(
        List.of(
            new Split(TextPattern.regex(expression), Behaviour.ISOLATED, false),
            new ByteLevel(false, true, false)));
  }

  /// What becomes of the matches of a cut.
  enum Behaviour {
    /// They are dropped.
    REMOVED,
    /// Each is a piece.
    ISOLATED,
    /// Each ends the piece before it.
    MERGED_WITH_PREVIOUS,
    /// Each begins the piece after it.
    MERGED_WITH_NEXT,
    /// Adjacent ones are one piece.
    CONTIGUOUS
  }

  /// One after the other, each on the pieces of the last.
  ///
  /// @param parts in order
  record Sequence(List<PreTokenizer> parts) implements PreTokenizer {
    /// Copies the parts.
    public Sequence {
      parts = List.copyOf(parts);
    }
  }

  /// UTF-8 bytes as characters of [ByteAlphabet], cut before as GPT-2 does.
  ///
  /// @param prefixSpace a space in front where there is none
  /// @param trimOffsets kept for the post-processor
  /// @param cuts whether GPT-2's expression cuts
  record ByteLevel(boolean prefixSpace, boolean trimOffsets, boolean cuts)
      implements PreTokenizer {}

  /// Cuts at the matches of a pattern.
  ///
  /// @param pattern where
  /// @param behaviour what becomes of the matches
  /// @param invert matches are what is between
  record Split(TextPattern pattern, Behaviour behaviour, boolean invert) implements PreTokenizer {}

  /// SentencePiece's: spaces become another character, which begins a word.
  ///
  /// @param replacement what is written for a space
  /// @param prepend where one is added in front
  /// @param split whether it cuts too
  record Metaspace(String replacement, Prepend prepend, boolean split) implements PreTokenizer {
    /// @throws IllegalArgumentException unless the replacement is one character
    public Metaspace {
      if (replacement.codePointCount(0, replacement.length()) != 1) {
        throw new IllegalArgumentException(
            "Metaspace writes a space as one character, not as \"%s\"".formatted(replacement));
      }
    }
  }

  /// Where a replacement is put in front of a text that does not begin with one.
  enum Prepend {
    /// Everywhere.
    ALWAYS,
    /// At the beginning of the whole text.
    FIRST,
    /// Nowhere.
    NEVER
  }

  /// Words, and runs of what is neither word nor white space.
  record Whitespace() implements PreTokenizer {}

  /// What lies between white space.
  record WhitespaceSplit() implements PreTokenizer {}

  /// What lies between white space, each punctuation character by itself.
  record Bert() implements PreTokenizer {}

  /// Numbers apart.
  ///
  /// @param individual each digit by itself
  record Digits(boolean individual) implements PreTokenizer {}

  /// Cuts at punctuation.
  ///
  /// @param behaviour what becomes of it
  record Punctuation(Behaviour behaviour) implements PreTokenizer {}

  /// What lies between the occurrences of one character.
  ///
  /// @param delimiter the character
  record Delimiter(String delimiter) implements PreTokenizer {}
}
