package telos.nn.text;

import java.util.List;
import java.util.Optional;

/// All that a tokenizer is made of, as data: what a `tokenizer.json` says.
///
/// @param added literal tokens, special ones among them
/// @param normalizer what is done to a text first
/// @param cuts where it is cut
/// @param model how a piece becomes tokens
/// @param postProcessor what is set around the tokens of a text
/// @param decoder how tokens become text again
/// @param truncation how long an encoding may be; kept as data, a caller applies it
/// @param padding how a batch is filled up; kept as data, a caller applies it
public record Pipeline(
    List<AddedToken> added,
    Normalizer normalizer,
    PreTokenizer cuts,
    TokenModel model,
    PostProcessor postProcessor,
    Decoder decoder,
    Optional<Truncation> truncation,
    Optional<Padding> padding) {
  /// Copies the tokens.
  public Pipeline {
    added = List.copyOf(added);
  }

  /// Byte-level: the bytes of every text are tokens or merged into tokens.
  public static Pipeline byteLevel(
      List<AddedToken> added, Normalizer normalizer, PreTokenizer cuts, TokenModel model) {
    return new Pipeline(
        added,
        normalizer,
        cuts,
        model,
        PostProcessor.NONE,
        new Decoder.ByteLevel(true, true, true),
        Optional.empty(),
        Optional.empty());
  }

  /// This with other added tokens.
  Pipeline with(List<AddedToken> tokens) {
    return new Pipeline(
        tokens, normalizer, cuts, model, postProcessor, decoder, truncation, padding);
  }

  /// How long an encoding may be.
  ///
  /// @param length most tokens, special ones included
  /// @param strategy of which text tokens are dropped: `LongestFirst`, `OnlyFirst`, `OnlySecond`
  /// @param stride how many tokens the next window repeats
  /// @param direction the end at which tokens are dropped, `Left` or `Right`
  public record Truncation(int length, String strategy, int stride, String direction) {}

  /// How a batch is filled up.
  ///
  /// @param length of every encoding; when empty, of the longest in the batch
  /// @param multiple the length is rounded up to a multiple of this
  /// @param id id of the padding token
  /// @param segment its segment
  /// @param token its text
  /// @param direction the end at which it is put, `Left` or `Right`
  public record Padding(
      Optional<Integer> length,
      Optional<Integer> multiple,
      int id,
      int segment,
      String token,
      String direction) {}
}
