package telos.nn;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import telos.tensor.Scope;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// How likely given continuations of a prompt are: the choices of a question, say. The prompt is
/// read once, for all of them.
public final class Scoring {
  private Scoring() {}

  /// The log-probability of every continuation, all its tokens summed, in nats. On the cpu device
  /// the log-probabilities of the tokens are, to the bit, those of a pass over the whole sequences;
  /// their sum is taken in double.
  ///
  /// @param prompt at least one token
  /// @param continuations none of them empty
  /// @throws IllegalArgumentException when there is nothing to score, or the prompt with a
  ///   continuation is longer than the model's context
  public static double[] score(Gpt model, int[] prompt, int[]... continuations) {
    check(model, prompt, continuations);
    return Scope.call(
        "score",
        () -> {
          int[] lengths = Arrays.stream(continuations).mapToInt(c -> c.length).toArray();
          Tensor next = Rows.pad(continuations, 0);
          float[] logProbs = LogProbs.of(logits(model, prompt, next), next).toFloats();
          int width = next.dim(1);
          return IntStream.range(0, lengths.length)
              .mapToDouble(row -> sum(logProbs, row * width, lengths[row]))
              .toArray();
        });
  }

  private static double sum(float[] x, int at, int n) {
    double sum = 0;
    for (int i = at; i < at + n; i++) {
      sum += x[i];
    }
    return sum;
  }

  private static void check(Gpt model, int[] prompt, int[][] continuations) {
    int longest = 0;
    for (int[] continuation : continuations) {
      require(continuation.length > 0, "a continuation is empty");
      longest = Math.max(longest, continuation.length);
    }
    require(prompt.length > 0, "the prompt is empty");
    require(continuations.length > 0, "there is no continuation");
    int context = model.config().context();
    require(
        prompt.length + longest <= context,
        "prompt and continuation have "
            + (prompt.length + longest)
            + " tokens, more than the context of "
            + context);
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalArgumentException("score: " + otherwise);
    }
  }

  /// Scores of every token of the continuations: those of the first come with the prompt.
  ///
  /// @param next I32 `[B, n]`
  /// @return `[B, n, V]`
  private static Tensor logits(Gpt model, int[] prompt, Tensor next) {
    int batch = next.dim(0);
    int n = next.dim(1);
    if (!model.rotary(prompt.length + n).equals(model.rotary())) {
      // So long a sequence turns the prompt otherwise: nothing of it can be kept.
      return whole(model, prompt, next);
    }
    Tensor ids = Tensor.of(prompt, Shape.of(1, prompt.length));
    Decoding read = Decoding.prefill(model, ids, Tensor.of(prompt.length));
    Tensor first = read.logits().unsqueeze(1).broadcastTo(Shape.of(batch, 1, read.logits().dim(1)));
    if (n == 1) {
      return first;
    }
    KvCache cache = read.cache().gather(Tensor.of(new int[batch]));
    Tensor hidden = Decoding.Reading.of(model, cache, next.slice(1, 0, n - 1)).hidden();
    return Tensor.concat(1, List.of(first, model.unembed(hidden)));
  }

  private static Tensor whole(Gpt model, int[] prompt, Tensor next) {
    Tensor prompts =
        Tensor.of(prompt, Shape.of(1, prompt.length))
            .broadcastTo(Shape.of(next.dim(0), prompt.length));
    Tensor logits = model.logits(Tensor.concat(1, List.of(prompts, next)));
    return logits.slice(1, prompt.length - 1, logits.dim(1) - 1);
  }
}
