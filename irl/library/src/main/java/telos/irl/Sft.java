package telos.irl;

import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import telos.autograd.Grad;
import telos.nn.AdamW;
import telos.nn.Clip;
import telos.nn.Gpt;
import telos.nn.Losses;
import telos.nn.Optimizer;
import telos.nn.Schedule;
import telos.tensor.Rng;

/// Supervised fine-tuning: maximum likelihood of the response tokens, which is behaviour cloning of
/// text. With whole texts as responses it is pretraining.
public final class Sft {
  private Sft() {}

  /// Hyper-parameters.
  ///
  /// @param epochs passes over the data
  /// @param batch sequences a step
  /// @param learningRate peak rate of AdamW; it rises over the first 5 % of the steps and falls
  ///   along a cosine to a tenth
  /// @param weightDecay of matrices
  /// @param maxGradientNorm gradients are clipped to this L2 norm
  public record Config(
      int epochs, int batch, double learningRate, double weightDecay, double maxGradientNorm) {
    public Config {
      if (epochs < 0 || batch < 1) {
        throw new IllegalArgumentException(
            "fine-tuning needs epochs >= 0 and a batch of at least 1, got "
                + epochs
                + " and "
                + batch);
      }
    }

    /// Weight decay 0.01, gradients clipped to norm 1.
    public static Config defaults(int epochs, int batch, double learningRate) {
      return new Config(epochs, batch, learningRate, 0.01, 1);
    }
  }

  /// What a step reports: loss in nats per counted token, gradient norm before clipping.
  public record Step(int step, double loss, double gradientNorm) {}

  /// A demonstration: a sequence of which the first `prompt` tokens are given.
  public record Demonstration(int[] sequence, int prompt) {
    /// A whole text: all but the first token counts.
    public static Demonstration text(int[] sequence) {
      return new Demonstration(sequence, 1);
    }
  }

  /// Fits `model` to the demonstrations, in an order that `key` fixes.
  public static Gpt train(
      Gpt model, List<Demonstration> data, Config config, Rng key, Consumer<Step> log) {
    int perEpoch = Math.ceilDiv(data.size(), config.batch());
    int total = perEpoch * config.epochs();
    Schedule schedule =
        Schedule.warmupCosine(
            config.learningRate(), config.learningRate() / 10, total / 20, Math.max(1, total));
    AdamW optimizer = AdamW.of(schedule).withWeightDecay(config.weightDecay());
    Optimizer.State state = optimizer.init(model);
    Gpt current = model;
    int step = 0;
    for (int epoch = 0; epoch < config.epochs(); epoch++) {
      int[] order = key.fold(epoch).order(data.size());
      for (int from = 0; from < order.length; from += config.batch()) {
        int to = Math.min(order.length, from + config.batch());
        TokenBatch batch = batch(data, Arrays.copyOfRange(order, from, to));
        var gradient =
            Grad.valueAndGrad(
                m -> Losses.crossEntropy(m.logits(batch.inputs()), batch.targets(), batch.mask()),
                current);
        var clipped = Clip.byGlobalNorm(gradient.grad(), config.maxGradientNorm());
        var next = optimizer.step(current, clipped.gradient(), state);
        current = next.model();
        state = next.state();
        log.accept(new Step(step++, gradient.value(), clipped.norm()));
      }
    }
    return current;
  }

  private static TokenBatch batch(List<Demonstration> data, int[] rows) {
    List<Demonstration> picked = Arrays.stream(rows).mapToObj(data::get).toList();
    return TokenBatch.of(
        picked.stream().map(Demonstration::sequence).toList(),
        picked.stream().mapToInt(Demonstration::prompt).toArray());
  }
}
