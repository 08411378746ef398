package telos.nn;

import java.util.Arrays;
import telos.tensor.Scope;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// How well a model foretells a text: the negative log-probability of its tokens, each scored once,
/// in windows that slide over it.
///
/// A window of at most the model's context starts `stride` tokens after the one before, and scores
/// the tokens that one has not reached: with a small stride every token is seen with nearly a whole
/// context before it, at the price of more passes. The first token of the text has no probability.
///
/// @param nats sum of the negative log-probabilities
/// @param tokens how many were scored
public record Perplexity(double nats, long tokens) {
  /// Positions whose logits exist at a time.
  private static final int ROWS = 128;

  /// Scores a text.
  ///
  /// @param ids at least two tokens
  /// @param stride at least 1, less than the context
  public static Perplexity of(Gpt model, int[] ids, int stride) {
    int context = model.config().context();
    if (stride < 1 || stride >= context) {
      throw new IllegalArgumentException(
          "perplexity: stride "
              + stride
              + " is not in 1 to "
              + (context - 1)
              + ", less than the model's context");
    }
    if (ids.length < 2) {
      throw new IllegalArgumentException(
          "perplexity: " + ids.length + " tokens; needs two or more, the first is not scored");
    }
    double nats = 0;
    int scored = 1;
    for (int from = 0; scored < ids.length; from += stride) {
      int to = Math.min(ids.length, from + context);
      nats += window(model, Arrays.copyOfRange(ids, from, to), scored - from);
      scored = to;
    }
    return new Perplexity(nats, ids.length - 1L);
  }

  /// The nats of the tokens from `first` on.
  private static double window(Gpt model, int[] ids, int first) {
    return Scope.call(
        "perplexity",
        () -> {
          Tensor hidden = model.hidden(Tensor.of(ids, Shape.of(1, ids.length))).squeeze(0);
          double nats = 0;
          for (int at = first; at < ids.length; at += ROWS) {
            int end = Math.min(ids.length, at + ROWS);
            Tensor logits = model.unembed(hidden.slice(0, at - 1, end - 1));
            Tensor targets = Tensor.of(Arrays.copyOfRange(ids, at, end));
            for (float logProb : LogProbs.of(logits, targets).toFloats()) {
              nats -= logProb;
            }
          }
          return nats;
        });
  }

  /// Nats a token.
  public double perToken() {
    return nats / tokens;
  }

  /// `exp` of the nats a token.
  public double value() {
    return StrictMath.exp(perToken());
  }

  /// What the text would take if it were coded by the model.
  ///
  /// @param bytes that the scored tokens stand for
  public double bitsPerByte(long bytes) {
    return nats / StrictMath.log(2) / bytes;
  }
}
