package telos.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import telos.nn.Sampling;
import telos.nn.Warp;

/// How tokens are drawn; what each means is told by [Warp].
final class SamplingOptions {
  @Option(
      names = {"--max-new-tokens", "--tokens"},
      defaultValue = "100",
      description = "New tokens (${DEFAULT-VALUE}).")
  private int tokens;

  @Option(names = "--ignore-eos", description = "Goes on behind the model's end token.")
  private boolean ignoreEos;

  @Option(names = "--greedy", description = "Always the likeliest token.")
  private boolean greedy;

  @Option(
      names = "--temperature",
      description = "Divides the scores; 0 is greedy. The model's own default, else 1.")
  private @Nullable Double temperature;

  @Option(names = "--top-k", description = "Draw from the k likeliest; 0 for all.")
  private @Nullable Integer topK;

  @Option(names = "--top-p", description = "Draw from the likeliest of this mass.")
  private @Nullable Double topP;

  @Option(names = "--min-p", description = "Draw from those this share as likely as the likeliest.")
  private @Nullable Double minP;

  @Option(names = "--typical", description = "Draw from the most typical of this mass.")
  private @Nullable Double typical;

  @Option(
      names = "--repetition-penalty",
      defaultValue = "1",
      description = "Divides the scores of tokens that occurred; 1 for none.")
  private double repetition;

  @Option(
      names = "--presence-penalty",
      defaultValue = "0",
      description = "Subtracted from the scores of tokens that were written.")
  private double presence;

  @Option(
      names = "--frequency-penalty",
      defaultValue = "0",
      description = "The same as often as they were.")
  private double frequency;

  @Option(
      names = "--logit-bias",
      split = ",",
      paramLabel = "ID=BIAS",
      description = "Added to the scores of tokens.")
  private Map<Integer, Double> bias = new LinkedHashMap<>();

  /// The model's own way, changed by what was asked for.
  ///
  /// @param several whether samples are wanted that differ
  Sampling sampling(TextModel model, boolean several) {
    Sampling own = model.sampling(tokens);
    own = ignoreEos ? own.withStopTokens(Set.of()) : own;
    boolean drawn = several || topK != null || topP != null || minP != null || typical != null;
    double heat = drawn && own.isGreedy() ? 1 : own.temperature();
    Sampling sampling =
        own.with(
            new Warp.Bias(bias),
            new Warp.RepetitionPenalty(repetition),
            new Warp.PresencePenalty(presence),
            new Warp.FrequencyPenalty(frequency),
            new Warp.Temperature(greedy ? 0 : temperature == null ? heat : temperature));
    sampling = topK == null ? sampling : sampling.withTopK(topK);
    sampling = topP == null ? sampling : sampling.withTopP(topP);
    sampling = minP == null ? sampling : sampling.with(new Warp.MinP(minP));
    return typical == null ? sampling : sampling.with(new Warp.Typical(typical));
  }
}
