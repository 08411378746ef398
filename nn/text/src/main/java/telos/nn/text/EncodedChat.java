package telos.nn.text;

/// The tokens of a conversation.
///
/// @param ids the tokens
/// @param assistant of each, whether the assistant says it: what is trained on
public record EncodedChat(int[] ids, boolean[] assistant) {
  /// @throws IllegalArgumentException for unequal lengths
  public EncodedChat {
    if (ids.length != assistant.length) {
      throw new IllegalArgumentException(
          "%d ids and a mask of %d do not belong together".formatted(ids.length, assistant.length));
    }
  }
}
