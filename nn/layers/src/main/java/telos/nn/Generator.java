package telos.nn;

import java.util.Arrays;
import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import telos.tensor.Device;
import telos.tensor.Recorder;
import telos.tensor.Rng;
import telos.tensor.Scope;
import telos.tensor.Tensor;
import telos.tensor.fused.Softmax;

/// Batched generation with a cache of keys and values.
///
/// Every row has a random key of its own, and on the cpu device its logits do not depend on the
/// batch: the same prompt with the same key gives the same completion alone and among others, in
/// any order. Rows that have ended leave the batch.
///
///     List<Rng> keys = Generator.keys(Rng.of(seed), prompts.length, 1);
///     Sampling sampling = Sampling.of(64, EOS).withTemperature(0.8).withTopP(0.95);
///     List<Completion> completions = Generator.generate(model, prompts, sampling, keys);
public final class Generator {
  private final Gpt model;
  private final int[][] prompts;
  private final Sampling sampling;
  private final List<Rng> keys;
  private final List<Row> rows;

  private Generator(Gpt model, int[][] prompts, Sampling sampling, List<Rng> keys) {
    this.model = model;
    this.prompts = prompts;
    this.sampling = sampling;
    this.keys = keys;
    this.rows =
        IntStream.range(0, prompts.length).mapToObj(_ -> new Row(sampling.maxNewTokens())).toList();
  }

  /// Completes every prompt.
  ///
  /// @param prompts token ids, at least one each; with the new tokens they must fit the context
  /// @param keys one a prompt, such as those of [#keys]
  /// @return one completion a prompt, in order
  public static List<Completion> generate(
      Gpt model, int[][] prompts, Sampling sampling, List<Rng> keys) {
    check(model, prompts, sampling, keys);
    if (prompts.length == 0) {
      return List.of();
    }
    Device device = model.tokens().weight().device();
    return device.with(() -> constant(new Generator(model, prompts, sampling, keys)));
  }

  /// What is written is a constant for any gradient that is being taken.
  private static List<Completion> constant(Generator generator) {
    return ScopedValue.where(Recorder.CURRENT, null).call(generator::run);
  }

  /// Keys for `samples` completions of each of `prompts` prompts, those of one prompt together. The
  /// key of a sample depends on the seed, the prompt's number and the sample's number only.
  public static List<Rng> keys(Rng seed, int prompts, int samples) {
    return IntStream.range(0, prompts * samples)
        .mapToObj(i -> seed.fold(i / samples).fold(i % samples))
        .toList();
  }

  private static void check(Gpt model, int[][] prompts, Sampling sampling, List<Rng> keys) {
    if (keys.size() != prompts.length) {
      throw new IllegalArgumentException(
          "generate: " + prompts.length + " prompts and " + keys.size() + " keys; needs one each");
    }
    int context = model.config().context();
    for (int b = 0; b < prompts.length; b++) {
      int length = prompts[b].length;
      if (length == 0 || length + sampling.maxNewTokens() > context) {
        throw new IllegalArgumentException(
            "generate: prompt "
                + b
                + " of "
                + length
                + " tokens and "
                + sampling.maxNewTokens()
                + " new ones do not fit the context of "
                + context
                + "; needs at least one token, and both together within the context");
      }
    }
  }

  private List<Completion> run() {
    int[] live = IntStream.range(0, prompts.length).toArray();
    Decoding decoding =
        Scope.call(
            "prefill", () -> Decoding.prefill(model, Rows.pad(prompts, 0), Rows.lengths(prompts)));
    while (true) {
      int[] tokens = sample(live, decoding.logits());
      int[] going = going(live);
      if (going.length == 0) {
        decoding.cache().retire(new KvCache(List.of(), Tensor.of(new int[0])));
        return rows.stream().map(Row::completion).toList();
      }
      boolean compact = 4 * going.length <= 3 * live.length;
      int[] picked = compact ? going : IntStream.range(0, live.length).toArray();
      decoding = advance(decoding, compact, picked, tokens);
      live = IntStream.of(picked).map(at(live)).toArray();
    }
  }

  private static IntUnaryOperator at(int[] values) {
    return i -> values[i];
  }

  /// Reads the new tokens of the picked places of the batch.
  private Decoding advance(Decoding decoding, boolean compact, int[] picked, int[] tokens) {
    Decoding next =
        Scope.call(
            "generate",
            () -> {
              Decoding rowsLeft = compact ? decoding.gather(Tensor.of(picked)) : decoding;
              int[] read = IntStream.of(picked).map(at(tokens)).toArray();
              return rowsLeft.advance(model, Tensor.of(read));
            });
    decoding.cache().retire(next.cache());
    decoding.logits().storage().consume();
    return next;
  }

  /// Places in the batch whose rows have not ended.
  private int[] going(int[] live) {
    return IntStream.range(0, live.length).filter(i -> !rows.get(live[i]).ended()).toArray();
  }

  /// Draws a token for every place of the batch; those of ended rows are of no consequence.
  private int[] sample(int[] live, Tensor logits) {
    return Scope.call(
        "sample",
        () -> {
          Nucleus.Draw[] draws = sampling.isGreedy() ? greedy(logits) : drawn(live, logits);
          int[] tokens = new int[draws.length];
          for (int i = 0; i < tokens.length; i++) {
            tokens[i] = draws[i].token();
          }
          float[] logProbs = LogProbs.of(logits, Tensor.of(tokens)).toFloats();
          for (int i = 0; i < tokens.length; i++) {
            append(live[i], draws[i], logProbs[i]);
          }
          return tokens;
        });
  }

  private void append(int row, Nucleus.Draw draw, float logProb) {
    if (rows.get(row).ended()) {
      return;
    }
    if (!Float.isFinite(logProb)) {
      throw new ArithmeticException(
          "generate: the log-probability of token "
              + rows.get(row).length()
              + " of prompt "
              + row
              + " is "
              + logProb
              + "; the model's logits there are not finite");
    }
    float sampled = sampling.isPlain() ? logProb : (float) draw.logProb();
    rows.get(row).append(draw.token(), logProb, sampled, sampling);
  }

  private static Nucleus.Draw[] greedy(Tensor logits) {
    int[] best = logits.argMax(-1).toInts();
    Nucleus.Draw[] draws = new Nucleus.Draw[best.length];
    for (int i = 0; i < best.length; i++) {
      draws[i] = new Nucleus.Draw(best[i], 0);
    }
    return draws;
  }

  private Nucleus.Draw[] drawn(int[] live, Tensor logits) {
    int vocabulary = logits.dim(1);
    Tensor scaled = sampling.temperature() == 1 ? logits : logits.div(sampling.temperature());
    float[] p = new Softmax(scaled).result().toFloats();
    Nucleus nucleus = new Nucleus(sampling);
    Nucleus.Draw[] draws = new Nucleus.Draw[live.length];
    for (int i = 0; i < draws.length; i++) {
      double u = keys.get(live[i]).fold(rows.get(live[i]).length()).uniform();
      draws[i] = nucleus.draw(p, i * vocabulary, vocabulary, u);
    }
    return draws;
  }

  /// A completion in the making.
  private static final class Row {
    private final int[] tokens;
    private final float[] logProbs;
    private final float[] sampledLogProbs;
    private int length;
    private boolean stopped;

    Row(int limit) {
      tokens = new int[limit];
      logProbs = new float[limit];
      sampledLogProbs = new float[limit];
    }

    int length() {
      return length;
    }

    boolean ended() {
      return stopped || length == tokens.length;
    }

    void append(int token, float logProb, float sampledLogProb, Sampling sampling) {
      tokens[length] = token;
      logProbs[length] = logProb;
      sampledLogProbs[length] = sampledLogProb;
      length++;
      stopped = sampling.stopTokens().contains(token);
    }

    Completion completion() {
      return new Completion(
          Arrays.copyOf(tokens, length),
          Arrays.copyOf(logProbs, length),
          Arrays.copyOf(sampledLogProbs, length),
          stopped);
    }
  }
}
