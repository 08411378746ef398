package telos.nn.text;

import java.util.List;
import java.util.Optional;

/// What is done to a text before it is cut, as data; `tokenizer.json` names the same kinds.
public sealed interface Normalizer {
  /// Leaves every text as it is.
  Normalizer NONE = new Sequence(List.of());

  /// One after the other.
  ///
  /// @param parts in order
  record Sequence(List<Normalizer> parts) implements Normalizer {
    /// Copies the parts.
    public Sequence {
      parts = List.copyOf(parts);
    }
  }

  /// A normal form of Unicode (UAX 15).
  ///
  /// @param form NFC, NFD, NFKC or NFKD
  record Form(java.text.Normalizer.Form form) implements Normalizer {}

  /// Lower case, character by character.
  record Lowercase() implements Normalizer {}

  /// Drops combining marks; useful after NFD.
  record StripAccents() implements Normalizer {}

  /// Drops white space at the ends.
  ///
  /// @param left at the beginning
  /// @param right at the end
  record Strip(boolean left, boolean right) implements Normalizer {}

  /// Drops control characters and writes all kinds of space as one, as translation models do.
  record Nmt() implements Normalizer {}

  /// A text in front of every text that is not empty.
  ///
  /// @param text what goes in front
  record Prepend(String text) implements Normalizer {}

  /// Another text for every match.
  ///
  /// @param pattern what is replaced
  /// @param content by what
  record Replace(TextPattern pattern, String content) implements Normalizer {}

  /// BERT's: cleans control characters and spaces, sets ideographs apart, drops accents, lowers.
  ///
  /// @param cleanText drops control characters, makes every white space a space
  /// @param chinese spaces around each ideograph
  /// @param stripAccents drops non-spacing marks after NFD; when empty as `lowercase`
  /// @param lowercase lower case
  record Bert(boolean cleanText, boolean chinese, Optional<Boolean> stripAccents, boolean lowercase)
      implements Normalizer {}

  /// SentencePiece's rules, compiled: the longest of the listed byte strings at each place is
  /// replaced.
  ///
  /// @param charsmap Base64 of a double-array trie and the replacements it points to
  record Precompiled(String charsmap) implements Normalizer {
    /// @throws IllegalArgumentException when the rules are malformed
    public Precompiled {
      Charsmap.of(charsmap);
    }
  }

  /// UTF-8 bytes as characters of [ByteAlphabet].
  record ByteLevel() implements Normalizer {}
}
