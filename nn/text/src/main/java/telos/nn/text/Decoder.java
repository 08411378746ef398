package telos.nn.text;

import java.util.List;

/// How tokens become text again, as data; `tokenizer.json` names the same kinds. Each works on the
/// list of tokens; what is left in the end is joined.
public sealed interface Decoder {
  /// One after the other.
  ///
  /// @param parts in order
  record Sequence(List<Decoder> parts) implements Decoder {
    /// Copies the parts.
    public Sequence {
      parts = List.copyOf(parts);
    }
  }

  /// A space between tokens: what a file without a decoder asks for.
  record Spaces() implements Decoder {}

  /// Characters of [ByteAlphabet] are bytes of UTF-8.
  ///
  /// @param prefixSpace unused, kept for the file
  /// @param trimOffsets unused, kept for the file
  /// @param cuts unused, kept for the file
  record ByteLevel(boolean prefixSpace, boolean trimOffsets, boolean cuts) implements Decoder {}

  /// Tokens `<0x00>` to `<0xFF>` are bytes of UTF-8.
  record ByteFallback() implements Decoder {}

  /// All tokens become one.
  record Fuse() implements Decoder {}

  /// Drops up to so many of a character at the ends of each token.
  ///
  /// @param content the character
  /// @param start how many at the beginning
  /// @param stop how many at the end
  record Strip(String content, int start, int stop) implements Decoder {}

  /// Another text for every match within a token.
  ///
  /// @param pattern what is replaced
  /// @param content by what
  record Replace(TextPattern pattern, String content) implements Decoder {}

  /// Undoes [PreTokenizer.Metaspace].
  ///
  /// @param replacement what a space is written as
  /// @param prepend where one was added
  /// @param split kept for the file
  record Metaspace(String replacement, PreTokenizer.Prepend prepend, boolean split)
      implements Decoder {}

  /// Joins continuations, puts a space before all else.
  ///
  /// @param prefix what continuations carry in front
  /// @param cleanup no space before punctuation and contractions
  record WordPiece(String prefix, boolean cleanup) implements Decoder {}

  /// The suffix that ends a word is a space, at the end of all nothing.
  ///
  /// @param suffix the suffix
  record BytePair(String suffix) implements Decoder {}
}
