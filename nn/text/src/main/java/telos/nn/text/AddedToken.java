package telos.nn.text;

/// A token that is no product of a model: it stands for one literal text.
///
/// @param id its id
/// @param content the literal
/// @param singleWord not found inside a word
/// @param lstrip takes white space before it
/// @param rstrip takes white space after it
/// @param normalized looked for in the normalized text, its literal normalized too; else in the raw
///   text
/// @param special true for a token that only programs place, never text; decoding leaves it out
public record AddedToken(
    int id,
    String content,
    boolean singleWord,
    boolean lstrip,
    boolean rstrip,
    boolean normalized,
    boolean special) {
  /// @throws IllegalArgumentException for an empty literal
  public AddedToken {
    if (content.isEmpty()) {
      throw new IllegalArgumentException("the added token %d stands for no text".formatted(id));
    }
  }

  /// A token found in the raw text wherever it stands.
  public AddedToken(int id, String content, boolean special) {
    this(id, content, false, false, false, false, special);
  }
}
