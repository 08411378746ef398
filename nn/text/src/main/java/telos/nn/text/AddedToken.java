package telos.nn.text;

/// A token that is no product of merges: it stands for one literal text.
///
/// @param id its id
/// @param content the literal
/// @param special true for a token that only programs place, never text; decoding leaves it out
public record AddedToken(int id, String content, boolean special) {
  /// @throws IllegalArgumentException for an empty literal
  public AddedToken {
    if (content.isEmpty()) {
      throw new IllegalArgumentException("the added token %d stands for no text".formatted(id));
    }
  }
}
