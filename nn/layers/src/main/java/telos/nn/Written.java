package telos.nn;

import java.util.Arrays;
import java.util.stream.IntStream;
import telos.tensor.Rng;

/// A prompt and what was written after it so far.
final class Written {
  private final int promptLength;
  private final Sampling sampling;
  private final Rng key;
  private final int[] tokens;
  private final float[] logProbs;
  private final float[] sampledLogProbs;
  private int length;
  private boolean stopped;
  private boolean over;

  Written(int[] prompt, Sampling sampling, Rng key) {
    int limit = sampling.maxNewTokens();
    promptLength = prompt.length;
    this.sampling = sampling;
    this.key = key;
    tokens = Arrays.copyOf(prompt, prompt.length + limit);
    logProbs = new float[limit];
    sampledLogProbs = new float[limit];
  }

  Sampling sampling() {
    return sampling;
  }

  /// The uniform number that decides the next token.
  double uniform() {
    return key.fold(length).uniform();
  }

  /// Number of new tokens.
  int length() {
    return length;
  }

  int last() {
    return tokens[promptLength + length - 1];
  }

  IntStream prompt() {
    return Arrays.stream(tokens, 0, promptLength);
  }

  IntStream written() {
    return Arrays.stream(tokens, promptLength, promptLength + length);
  }

  /// The prompt and what was written.
  IntStream everywhere() {
    return Arrays.stream(tokens, 0, promptLength + length);
  }

  boolean ended() {
    return over || stopped || length == logProbs.length;
  }

  /// Nothing more is to be written.
  void end() {
    over = true;
  }

  void append(Drawing drawing) {
    tokens[promptLength + length] = drawing.token();
    logProbs[length] = drawing.logProb();
    sampledLogProbs[length] = drawing.sampledLogProb();
    length++;
    stopped =
        sampling.stopTokens().contains(drawing.token())
            || sampling
                .find(Warp.Among.class)
                .filter(among -> among.choices().contains(written().toArray()))
                .isPresent();
  }

  /// All tokens but the last, which the model has not read.
  int[] read() {
    return Arrays.copyOf(tokens, promptLength + length - 1);
  }

  Completion completion() {
    return new Completion(
        written().toArray(),
        Arrays.copyOf(logProbs, length),
        Arrays.copyOf(sampledLogProbs, length),
        stopped);
  }
}
