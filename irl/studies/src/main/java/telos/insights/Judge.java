package telos.insights;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import telos.irl.Auc;
import telos.irl.Correlation;
import telos.irl.LinearMaxMargin;
import telos.irl.LogisticRegression;
import telos.irl.MaxMarginIrl;
import telos.irl.MaxMarginIrl.Pair;
import telos.irl.SequenceReward;
import telos.irl.TokenBatch;
import telos.nn.Gpt;
import telos.nn.LogProbs;
import telos.nn.text.Demonstration;
import telos.rl.Kl;
import telos.tensor.Scope;
import telos.tensor.Tensor;
import telos.world.ToxicLanguage;
import telos.world.ToxicLanguage.MinimalPair;

/// How extracted rewards and aligned policies are measured against the hidden reward.
final class Judge {
  /// Texts scored at a time.
  private static final int ROWS = 128;

  private Judge() {}

  /// A reward against `R*` on unseen texts; "positive" is a harmless text.
  ///
  /// @param auc share of (harmless, toxic) pairs ranked right
  /// @param bestAccuracy at the threshold that fits these labels best
  /// @param calibratedAccuracy at the label-free threshold
  /// @param zeroAccuracy at zero, which no margin loss identifies
  record Ranking(
      double auc,
      double bestAccuracy,
      double calibratedAccuracy,
      double zeroAccuracy,
      double pearson,
      double spearman,
      double kendall) {}

  static Ranking ranking(SequenceReward reward, double threshold, List<int[]> texts) {
    double[] scores = reward.of(texts);
    double[] truth = texts.stream().mapToDouble(ToxicLanguage::reward).toArray();
    boolean[] harmless = new boolean[scores.length];
    for (int i = 0; i < harmless.length; i++) {
      harmless[i] = !ToxicLanguage.isToxic(texts.get(i));
    }
    return new Ranking(
        Auc.of(scores, harmless),
        bestAccuracy(scores, harmless),
        accuracy(scores, harmless, threshold),
        accuracy(scores, harmless, 0),
        Correlation.pearson(scores, truth),
        Correlation.spearman(scores, truth),
        Correlation.kendall(scores, truth));
  }

  /// Share of items on the right side of the threshold.
  static double accuracy(double[] scores, boolean[] positive, double threshold) {
    return IntStream.range(0, scores.length)
            .filter(i -> scores[i] > threshold == positive[i])
            .count()
        / (double) scores.length;
  }

  /// The best accuracy any threshold reaches.
  static double bestAccuracy(double[] scores, boolean[] positive) {
    Integer[] order = IntStream.range(0, scores.length).boxed().toArray(Integer[]::new);
    Arrays.sort(order, (i, j) -> Double.compare(scores[i], scores[j]));
    int right = 0;
    for (boolean one : positive) {
      right += one ? 1 : 0;
    }
    int best = right;
    for (int i = 0; i < order.length; i++) {
      right += positive[order[i]] ? -1 : 1;
      boolean tied = i + 1 < order.length && scores[order[i]] == scores[order[i + 1]];
      best = tied ? best : Math.max(best, right);
    }
    return best / (double) scores.length;
  }

  /// Share of minimal pairs whose negated version scores higher, ties one half.
  static double probe(SequenceReward reward, List<MinimalPair> probes) {
    List<Pair> pairs = probes.stream().map(p -> new Pair(p.negated(), p.open())).toList();
    return MaxMarginIrl.accuracy(MaxMarginIrl.margins(reward, pairs));
  }

  /// Mean toxicity `T` of texts.
  static double toxicity(List<int[]> texts) {
    return texts.stream().mapToInt(ToxicLanguage::toxicity).average().orElse(0);
  }

  /// Mean over sampled texts of the summed exact divergence at each position of the continuation,
  /// nats per sequence: an estimate of `KL(policy || base)` without the noise of the sampled
  /// tokens.
  static double kl(Gpt policy, Gpt base, List<int[]> texts) {
    double sum = 0;
    for (int from = 0; from < texts.size(); from += ROWS) {
      List<int[]> part =
          texts.subList(from, Math.min(texts.size(), from + ROWS)).stream()
              .map(text -> Arrays.copyOf(text, text.length - 1))
              .toList();
      int[] prompts = new int[part.size()];
      Arrays.fill(prompts, ToxicLanguage.PROMPT);
      sum +=
          Scope.call(
                  () -> {
                    TokenBatch batch = TokenBatch.of(part, prompts);
                    Tensor ids = batch.inputs();
                    return Kl.exact(policy.logits(ids), base.logits(ids)).mul(batch.mask()).sum();
                  })
              .item();
    }
    return sum / texts.size();
  }

  /// `log pi_expert(y | x) - log pi_base(y | x)`: proportional to the reward where the expert is
  /// the exact tilt of the base model, but it needs the weights of both.
  ///
  /// @param scored which tokens of a text the policies wrote
  static SequenceReward logRatio(Gpt expert, Gpt base, Function<int[], Demonstration> scored) {
    return sequences -> {
      double[] out = new double[sequences.size()];
      for (int from = 0; from < out.length; from += ROWS) {
        List<Demonstration> part =
            sequences.subList(from, Math.min(out.length, from + ROWS)).stream()
                .map(scored)
                .toList();
        double[] some = Scope.call(() -> logRatio(expert, base, part)).toDoubles();
        System.arraycopy(some, 0, out, from, some.length);
      }
      return out;
    };
  }

  private static Tensor logRatio(Gpt expert, Gpt base, List<Demonstration> part) {
    TokenBatch batch = TokenBatch.ofDemonstrations(part);
    Tensor log = LogProbs.of(expert.logits(batch.inputs()), batch.targets());
    Tensor other = LogProbs.of(base.logits(batch.inputs()), batch.targets());
    return LogProbs.sum(log.sub(other), batch.mask());
  }

  /// The control without learning rate or seed: logistic regression on features of the same pairs.
  static SequenceReward logistic(List<Pair> pairs, Function<int[], double[]> features) {
    List<double[]> differences = new ArrayList<>();
    for (Pair pair : pairs) {
      double[] better = features.apply(pair.better());
      double[] worse = features.apply(pair.worse());
      Arrays.setAll(better, i -> better[i] - worse[i]);
      differences.add(better);
    }
    double[] w = LogisticRegression.fit(differences.toArray(double[][]::new), 1e-3);
    return linear(w, features);
  }

  /// The control by the closed form of linear max-margin IRL.
  static SequenceReward linearMaxMargin(List<Pair> pairs, Function<int[], double[]> features) {
    double[] w =
        LinearMaxMargin.direction(
            mean(pairs.stream().map(Pair::better).map(features).toList()),
            mean(pairs.stream().map(Pair::worse).map(features).toList()));
    return linear(w, features);
  }

  private static SequenceReward linear(double[] w, Function<int[], double[]> features) {
    return sequences ->
        sequences.stream()
            .mapToDouble(text -> {
              double[] phi = features.apply(text);
              return IntStream.range(0, w.length).mapToDouble(i -> w[i] * phi[i]).sum();
            })
            .toArray();
  }

  private static double[] mean(List<double[]> rows) {
    double[] mean = new double[rows.getFirst().length];
    for (double[] row : rows) {
      Arrays.setAll(mean, i -> mean[i] + row[i] / rows.size());
    }
    return mean;
  }
}
