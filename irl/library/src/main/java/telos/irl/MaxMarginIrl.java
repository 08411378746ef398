package telos.irl;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import telos.autograd.Grad;
import telos.autograd.Loss;
import telos.nn.AdamW;
import telos.nn.Optimizer;
import telos.tensor.Rng;
import telos.tensor.Tensor;

/// Max-margin inverse RL from two policies (Joselowitz et al., "Insights from the Inverse", COLM
/// 2025): a reward that scores the expert's text above that of its unaligned ancestor on the same
/// prompt, `L = mean f(R(x, y+) - R(x, y-))` with `f` a [MarginLoss].
///
/// Ours, not the paper's: part of the pairs is held out, and the epoch that ranks most of them
/// right is kept; the true reward plays no part. Rewards come out up to a constant and a scale, so
/// the threshold between expert and non-expert texts is calibrated on the training pairs.
///
/// With [MarginLoss#BRADLEY_TERRY] and human preferences as pairs it is a preference reward model.
public final class MaxMarginIrl {
  private MaxMarginIrl() {}

  /// Two texts for one prompt.
  ///
  /// @param better the expert's, or the preferred one
  public record Pair(int[] better, int[] worse) {
    /// The texts exchanged.
    public Pair swapped() {
      return new Pair(worse, better);
    }
  }

  /// Hyper-parameters.
  ///
  /// @param loss f
  /// @param heldOut share of the pairs that only choose the epoch
  public record Config(
      MarginLoss loss,
      int epochs,
      int batch,
      double learningRate,
      double weightDecay,
      double heldOut) {
    public Config {
      if (epochs < 1 || batch < 1 || !(heldOut > 0 && heldOut < 1)) {
        throw new IllegalArgumentException(
            "IRL needs epochs and batch of at least 1 and a held-out share in (0, 1), got "
                + epochs
                + ", "
                + batch
                + ", "
                + heldOut);
      }
    }

    /// Ten epochs of Adam 3e-4 with weight decay 0.01, batches of 16 pairs, a tenth held out.
    public static Config defaults(MarginLoss loss) {
      return new Config(loss, 10, 16, 3e-4, 0.01, 0.1);
    }
  }

  /// What an epoch reports.
  ///
  /// @param loss mean training loss
  /// @param pairAccuracy share of held-out pairs ranked right, ties one half
  /// @param pairMargin mean held-out margin over its standard deviation
  public record Epoch(int epoch, double loss, double pairAccuracy, double pairMargin) {}

  /// The extracted reward.
  ///
  /// @param threshold midpoint between the mean rewards of both sides of the training pairs
  /// @param best the epoch that was kept
  public record Extracted(RewardModel reward, double threshold, Epoch best) {}

  /// Fits a reward; pairs of identical texts teach nothing and are dropped.
  public static Extracted fit(
      RewardModel start, List<Pair> pairs, Config config, Rng key, Consumer<Epoch> log) {
    List<Pair> distinct =
        pairs.stream().filter(pair -> !Arrays.equals(pair.better(), pair.worse())).toList();
    int held = (int) Math.round(config.heldOut() * distinct.size());
    if (held < 1 || held == distinct.size()) {
      throw new IllegalArgumentException(
          distinct.size() + " pairs of different texts are too few to hold some out");
    }
    int[] split = key.fold("split").order(distinct.size());
    List<Pair> heldOut = pick(distinct, split, 0, held);
    List<Pair> training = pick(distinct, split, held, split.length);
    AdamW optimizer = AdamW.of(config.learningRate()).withWeightDecay(config.weightDecay());
    Optimizer.State state = optimizer.init(start);
    RewardModel model = start;
    RewardModel kept = start;
    Epoch best = new Epoch(-1, Double.NaN, -1, Double.NaN);
    for (int epoch = 0; epoch < config.epochs(); epoch++) {
      int[] order = key.fold("order").fold(epoch).order(training.size());
      double loss = 0;
      for (int from = 0; from < order.length; from += config.batch()) {
        int to = Math.min(order.length, from + config.batch());
        List<Pair> batch = pick(training, order, from, to);
        var step = Grad.valueAndGrad(m -> loss(m, batch, config.loss()), model);
        loss += step.value() * batch.size() / order.length;
        var next = optimizer.step(model, step.grad(), state);
        model = next.model();
        state = next.state();
      }
      Epoch now = judge(epoch, loss, margins(model, heldOut));
      log.accept(now);
      if (now.pairAccuracy() > best.pairAccuracy()) {
        best = now;
        kept = model;
      }
    }
    return new Extracted(kept, threshold(kept, training), best);
  }

  /// `sum f(margin)` over a batch, weight its size.
  static Loss loss(RewardModel model, List<Pair> batch, MarginLoss loss) {
    List<int[]> texts = new ArrayList<>();
    batch.forEach(pair -> texts.add(pair.better()));
    batch.forEach(pair -> texts.add(pair.worse()));
    Tensor rewards = model.rewards(TokenBatch.of(texts));
    int pairs = batch.size();
    Tensor margins = rewards.slice(0, 0, pairs).sub(rewards.slice(0, pairs, 2 * pairs));
    return new Loss(loss.of(margins).sum(), Tensor.scalar((float) pairs));
  }

  /// `R(better) - R(worse)` of each pair.
  public static double[] margins(SequenceReward reward, List<Pair> pairs) {
    double[] better = reward.of(pairs.stream().map(Pair::better).toList());
    double[] worse = reward.of(pairs.stream().map(Pair::worse).toList());
    Arrays.setAll(better, i -> better[i] - worse[i]);
    return better;
  }

  /// Share of margins above zero, ties one half.
  public static double accuracy(double[] margins) {
    return Arrays.stream(margins).map(d -> d > 0 ? 1 : d == 0 ? 0.5 : 0).average().orElse(0);
  }

  /// Label-free threshold: midpoint between the mean rewards of the two sides. It follows every
  /// increasing affine map of the reward.
  public static double threshold(SequenceReward reward, List<Pair> pairs) {
    double better = mean(reward.of(pairs.stream().map(Pair::better).toList()));
    double worse = mean(reward.of(pairs.stream().map(Pair::worse).toList()));
    return (better + worse) / 2;
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).average().orElse(0);
  }

  private static Epoch judge(int epoch, double loss, double[] margins) {
    double mean = mean(margins);
    double variance = mean(Arrays.stream(margins).map(d -> (d - mean) * (d - mean)).toArray());
    double deviation = Math.max(Math.sqrt(variance), 1e-12);
    return new Epoch(epoch, loss, accuracy(margins), mean / deviation);
  }

  private static List<Pair> pick(List<Pair> pairs, int[] order, int from, int to) {
    return Arrays.stream(order, from, to).mapToObj(pairs::get).toList();
  }
}
