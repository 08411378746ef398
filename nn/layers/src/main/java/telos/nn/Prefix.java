package telos.nn;

import java.util.Arrays;
import telos.tensor.Scope;

/// Tokens a model has read once, for all sequences that begin with them: the samples of one prompt,
/// the turns of a conversation, a system prompt. A value: it can be branched at any position, and
/// nothing that is read behind it changes it.
///
/// @param tokens the tokens that were read
/// @param cache one row, of as many positions
@SuppressWarnings("ArrayRecordComponent") // never changed; two prefixes are told apart by the cache
public record Prefix(int[] tokens, KvCache cache) {
  public Prefix {
    if (cache.batch() != 1 || cache.lengths().toInts()[0] != tokens.length) {
      throw new IllegalArgumentException(
          "prefix: "
              + tokens.length
              + " tokens need a cache of one row of as many positions, got rows of "
              + Arrays.toString(cache.lengths().toInts()));
    }
  }

  /// Reads tokens.
  ///
  /// @param tokens at least one, at most the context
  public static Prefix read(Gpt model, int... tokens) {
    Prompts.check(model, "prefix", tokens, 0);
    int[][] row = {tokens.clone()};
    return Prompts.reading(
        model,
        () ->
            Scope.call(
                "prefix",
                () ->
                    new Prefix(
                        row[0],
                        Decoding.prefill(model, Rows.pad(row, 0), Rows.lengths(row)).cache())));
  }

  /// The first `length` tokens. The memory is shared.
  public Prefix first(int length) {
    if (length < 1 || length > tokens.length) {
      throw new IllegalArgumentException(
          "prefix: its first " + length + " tokens, but it has " + tokens.length);
    }
    return length == tokens.length
        ? this
        : new Prefix(
            Arrays.copyOf(tokens, length),
            cache.lengths().device().with(() -> cache.first(length)));
  }

  /// How many tokens of `prompt` need not be read again: those both begin with, but never the last
  /// one, whose scores are wanted.
  int shared(int[] prompt) {
    int difference = Arrays.mismatch(tokens, prompt);
    int same = difference < 0 ? prompt.length : difference;
    return Math.min(same, prompt.length - 1);
  }
}
