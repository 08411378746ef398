package telos.nn;

import java.util.List;
import java.util.Map;

/// A change of the next token's distribution. Whatever order they are given in, they apply in this
/// one: [Bias], [RepetitionPenalty], [PresencePenalty], [FrequencyPenalty], [Processor] (several in
/// the order given), [Among], [Temperature], [TopK], [TopP], [MinP], [Typical]. Each of the last
/// four sees, renormalised, what those before it left.
public sealed interface Warp {
  /// The types in the order in which they apply.
  List<Class<? extends Warp>> ORDER =
      List.of(
          Bias.class,
          RepetitionPenalty.class,
          PresencePenalty.class,
          FrequencyPenalty.class,
          Processor.class,
          Among.class,
          Temperature.class,
          TopK.class,
          TopP.class,
          MinP.class,
          Typical.class);

  /// True if it changes nothing.
  boolean isNeutral();

  /// Changes scores, before they become probabilities.
  sealed interface OfLogits extends Warp {
    /// @param logits `[V]`, may be changed
    /// @return `[V]`
    float[] apply(Written row, float[] logits);
  }

  /// Rules out tokens by their probabilities.
  sealed interface OfCandidates extends Warp {
    Candidates apply(Candidates candidates);
  }

  /// Adds to the scores of some tokens; minus infinity rules a token out.
  ///
  /// @param bias by token
  record Bias(Map<Integer, Double> bias) implements OfLogits {
    public Bias {
      bias = Map.copyOf(bias);
      bias.forEach((token, added) ->
          require(
              added < Double.POSITIVE_INFINITY, "the bias of token " + token, added, "be finite"));
    }

    @Override
    public boolean isNeutral() {
      return bias.isEmpty();
    }

    @Override
    public float[] apply(Written row, float[] logits) {
      bias.forEach((token, added) -> logits[token] = (float) (logits[token] + added));
      return logits;
    }
  }

  /// Scores of tokens that occur in the prompt or behind it are divided by the penalty where they
  /// are positive and multiplied with it where they are negative (Keskar et al. 2019, CTRL, section
  /// 4.1, in the form of Hugging Face's transformers).
  ///
  /// @param repetitionPenalty positive; 1 changes nothing
  record RepetitionPenalty(double repetitionPenalty) implements OfLogits {
    public RepetitionPenalty {
      boolean positive = repetitionPenalty > 0 && repetitionPenalty < Double.POSITIVE_INFINITY;
      require(positive, "repetitionPenalty", repetitionPenalty, "be positive");
    }

    @Override
    public boolean isNeutral() {
      return repetitionPenalty == 1;
    }

    @Override
    public float[] apply(Written row, float[] logits) {
      row.everywhere()
          .distinct()
          .forEach(token ->
              logits[token] =
                  (float)
                      (logits[token] > 0
                          ? logits[token] / repetitionPenalty
                          : logits[token] * repetitionPenalty));
      return logits;
    }
  }

  /// Subtracted from the scores of tokens that were written before, once each: OpenAI's definition,
  /// which does not look at the prompt.
  ///
  /// @param presencePenalty negative ones encourage
  record PresencePenalty(double presencePenalty) implements OfLogits {
    public PresencePenalty {
      require(Double.isFinite(presencePenalty), "presencePenalty", presencePenalty, "be finite");
    }

    @Override
    public boolean isNeutral() {
      return presencePenalty == 0;
    }

    @Override
    public float[] apply(Written row, float[] logits) {
      row.written()
          .distinct()
          .forEach(token -> logits[token] = (float) (logits[token] - presencePenalty));
      return logits;
    }
  }

  /// Subtracted from the scores of tokens that were written before, as often as they were: OpenAI's
  /// definition, which does not look at the prompt.
  ///
  /// @param frequencyPenalty negative ones encourage
  record FrequencyPenalty(double frequencyPenalty) implements OfLogits {
    public FrequencyPenalty {
      require(Double.isFinite(frequencyPenalty), "frequencyPenalty", frequencyPenalty, "be finite");
    }

    @Override
    public boolean isNeutral() {
      return frequencyPenalty == 0;
    }

    @Override
    public float[] apply(Written row, float[] logits) {
      int[] counts = new int[logits.length];
      row.written().forEach(token -> counts[token]++);
      row.written()
          .distinct()
          .forEach(
              token -> logits[token] = (float) (logits[token] - counts[token] * frequencyPenalty));
      return logits;
    }
  }

  /// A function of one's own.
  record Processor(LogitProcessor processor) implements OfLogits {
    @Override
    public boolean isNeutral() {
      return false;
    }

    @Override
    public float[] apply(Written row, float[] logits) {
      int[] prompt = row.prompt().toArray();
      float[] processed = processor.process(prompt, row.written().toArray(), logits);
      if (processed.length != logits.length) {
        throw new IllegalArgumentException(
            "generate: a logit processor made "
                + processed.length
                + " scores of "
                + logits.length
                + "; needs one a token");
      }
      return processed;
    }
  }

  /// Only tokens with which a choice goes on; a row ends with its choice.
  record Among(Choices choices) implements OfLogits {
    @Override
    public boolean isNeutral() {
      return false;
    }

    @Override
    public float[] apply(Written row, float[] logits) {
      return choices.masked(row.written().toArray(), logits);
    }
  }

  /// Divides the scores.
  ///
  /// @param temperature 0 is greedy: the most likely token, the lowest index among equals
  record Temperature(double temperature) implements Warp {
    public Temperature {
      boolean holds = temperature >= 0 && temperature < Double.POSITIVE_INFINITY;
      require(holds, "temperature", temperature, "be finite and not negative");
    }

    @Override
    public boolean isNeutral() {
      return temperature == 1;
    }
  }

  /// The most likely tokens stay, lower indices first among equals.
  ///
  /// @param topK how many; 0 for all
  record TopK(int topK) implements OfCandidates {
    public TopK {
      require(topK >= 0, "topK", topK, "not be negative");
    }

    @Override
    public boolean isNeutral() {
      return topK == 0;
    }

    @Override
    public Candidates apply(Candidates candidates) {
      return candidates.mostLikely(topK);
    }
  }

  /// The fewest most likely tokens whose probabilities reach this sum stay (Holtzman et al. 2020,
  /// equation 2).
  ///
  /// @param topP in `(0, 1]`
  record TopP(double topP) implements OfCandidates {
    public TopP {
      require(topP > 0 && topP <= 1, "topP", topP, "be in (0, 1]");
    }

    @Override
    public boolean isNeutral() {
      return topP == 1;
    }

    @Override
    public Candidates apply(Candidates candidates) {
      return candidates.reaching(topP);
    }
  }

  /// Tokens at least this share as likely as the most likely one stay (Nguyen et al. 2024).
  ///
  /// @param minP in `[0, 1]`
  record MinP(double minP) implements OfCandidates {
    public MinP {
      require(minP >= 0 && minP <= 1, "minP", minP, "be in [0, 1]");
    }

    @Override
    public boolean isNeutral() {
      return minP == 0;
    }

    @Override
    public Candidates apply(Candidates candidates) {
      return candidates.atLeast(minP);
    }
  }

  /// The fewest tokens that reach this sum stay, first those whose surprise `-log p` is closest to
  /// the entropy (Meister et al. 2023, equation 7).
  ///
  /// @param typical in `(0, 1]`
  record Typical(double typical) implements OfCandidates {
    public Typical {
      require(typical > 0 && typical <= 1, "typical", typical, "be in (0, 1]");
    }

    @Override
    public boolean isNeutral() {
      return typical == 1;
    }

    @Override
    public Candidates apply(Candidates candidates) {
      return candidates.typical(typical);
    }
  }

  private static void require(boolean holds, String name, Number value, String what) {
    if (!holds) {
      throw new IllegalArgumentException("sampling: " + name + " is " + value + ", must " + what);
    }
  }
}
