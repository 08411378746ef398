package telos.nn;

import java.util.Arrays;

/// What a model wrote after a prompt.
///
/// @param tokens the new tokens, the stop token included
/// @param logProbs of each token under the model itself: to the bit what [LogProbs] gives for the
///   whole sequence, and what policy gradients and divergences are about
/// @param sampledLogProbs of each token under the distribution it was drawn from, after guidance
///   and all of [Sampling#warps]
/// @param stopped whether a stop token or a choice ended it, rather than the limit
@SuppressWarnings("ArrayRecordComponent") // compared by what is in it, see equals
public record Completion(int[] tokens, float[] logProbs, float[] sampledLogProbs, boolean stopped) {
  /// Number of new tokens, the stop token included.
  public int length() {
    return tokens.length;
  }

  /// The prompt followed by the new tokens.
  public int[] after(int[] prompt) {
    int[] whole = Arrays.copyOf(prompt, prompt.length + tokens.length);
    System.arraycopy(tokens, 0, whole, prompt.length, tokens.length);
    return whole;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Completion that
        && stopped == that.stopped
        && Arrays.equals(tokens, that.tokens)
        && Arrays.equals(logProbs, that.logProbs)
        && Arrays.equals(sampledLogProbs, that.sampledLogProbs);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(tokens) * 31 + Arrays.hashCode(logProbs);
  }

  @Override
  public String toString() {
    return "Completion" + Arrays.toString(tokens);
  }
}
