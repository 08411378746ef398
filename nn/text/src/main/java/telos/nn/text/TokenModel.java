package telos.nn.text;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// How a piece of text becomes tokens, as data: the vocabulary and its rules. `tokenizer.json`
/// names the same kinds.
public sealed interface TokenModel {
  /// Token to id.
  Map<String, Integer> vocabulary();

  /// Byte-pair encoding (Sennrich, Haddow and Birch 2016): characters are merged pair by pair in
  /// the order in which the merges were learnt.
  ///
  /// @param vocabulary token to id
  /// @param merges by rank
  /// @param unknown token of a character that has none; without one it is dropped
  /// @param prefix what characters that do not begin a piece carry in front
  /// @param suffix what the character that ends a piece carries behind
  /// @param fuseUnknown adjacent unknown characters are one token
  /// @param byteFallback an unknown character is written in the tokens `<0x00>` to `<0xFF>`
  /// @param ignoreMerges a piece that is itself a token is not merged from its characters
  record BytePair(
      Map<String, Integer> vocabulary,
      List<Merge> merges,
      Optional<String> unknown,
      String prefix,
      String suffix,
      boolean fuseUnknown,
      boolean byteFallback,
      boolean ignoreMerges)
      implements TokenModel {
    /// Copies the vocabulary and the merges.
    public BytePair {
      vocabulary = copy(vocabulary);
      merges = List.copyOf(merges);
    }

    /// Byte-level: every character is a token, none carries anything.
    public BytePair(Map<String, Integer> vocabulary, List<Merge> merges) {
      this(vocabulary, merges, Optional.empty(), "", "", false, false, false);
    }
  }

  /// Two tokens that become one when they stand side by side.
  ///
  /// @param left the first
  /// @param right the second
  record Merge(String left, String right) {}

  /// WordPiece inference: the longest token that begins a word, then the longest continuations.
  ///
  /// @param vocabulary token to id
  /// @param unknown token of a word that cannot be put together
  /// @param prefix what continuations carry in front
  /// @param longestWord words with more code points are unknown
  record WordPiece(Map<String, Integer> vocabulary, String unknown, String prefix, int longestWord)
      implements TokenModel {
    /// Copies the vocabulary.
    public WordPiece {
      vocabulary = copy(vocabulary);
    }
  }

  /// Unigram inference (Kudo 2018): the segmentation with the greatest sum of log-probabilities.
  ///
  /// @param pieces by id
  /// @param unknown id of the token of unknown characters
  /// @param byteFallback an unknown character is written in the tokens `<0x00>` to `<0xFF>`
  record Unigram(List<Piece> pieces, Optional<Integer> unknown, boolean byteFallback)
      implements TokenModel {
    /// Copies the pieces.
    public Unigram {
      pieces = List.copyOf(pieces);
    }

    @Override
    public Map<String, Integer> vocabulary() {
      var vocabulary = new LinkedHashMap<String, Integer>();
      for (int id = 0; id < pieces.size(); id++) {
        vocabulary.put(pieces.get(id).text(), id);
      }
      return vocabulary;
    }
  }

  /// A token of a unigram model.
  ///
  /// @param text its characters
  /// @param score its log-probability
  record Piece(String text, double score) {}

  /// A piece is a token, or unknown.
  ///
  /// @param vocabulary token to id
  /// @param unknown token of a piece that is none
  record WordLevel(Map<String, Integer> vocabulary, String unknown) implements TokenModel {
    /// Copies the vocabulary.
    public WordLevel {
      vocabulary = copy(vocabulary);
    }
  }

  private static Map<String, Integer> copy(Map<String, Integer> vocabulary) {
    return Collections.unmodifiableMap(new LinkedHashMap<>(vocabulary));
  }
}
