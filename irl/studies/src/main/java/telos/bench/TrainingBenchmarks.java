package telos.bench;

import java.util.List;
import java.util.stream.Stream;
import telos.autograd.Grad;
import telos.nn.AdamW;
import telos.nn.Clip;
import telos.nn.Gpt;
import telos.nn.GptConfig;
import telos.nn.Losses;
import telos.nn.Optimizer;
import telos.tensor.Rng;
import telos.tensor.Scope;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// Whole training steps of a small GPT: forward, backward, clipping by the global norm, AdamW.
///
/// GPT-2 blocks (learned positions, biases, tanh GELU) and a head of its own without bias; each
/// step starts from the one before.
public final class TrainingBenchmarks {
  private TrainingBenchmarks() {}

  /// For each configuration the time of a step, whose ratio to `fma-peak` is the utilisation of
  /// model FLOP, and tokens a second.
  public static List<Benchmark> all() {
    return Stream.of(Setting.TINY, Setting.SMALL)
        .flatMap(setting -> rows(setting).stream())
        .toList();
  }

  private static List<Benchmark> rows(Setting setting) {
    String name = "gpt-" + setting.name;
    return List.of(
        Benchmark.milliseconds(name + "-step", setting::training)
            .against(MachineBenchmarks.PEAK, setting.flops()),
        Benchmark.rate(name + "-tokens", "tokens/s", setting.tokens(), setting::training));
  }

  /// A configuration and its batch.
  ///
  /// @param batch sequences of the full context
  record Setting(
      String name, int layers, int heads, int width, int context, int batch, int vocabulary) {
    static final Setting TINY = new Setting("tiny", 4, 4, 128, 64, 12, 65);
    static final Setting SMALL = new Setting("small", 6, 6, 384, 256, 8, 65);

    GptConfig config() {
      return GptConfig.gpt2(layers, heads, width, context, vocabulary).untied();
    }

    int tokens() {
      return batch * context;
    }

    /// Floating-point operations that the model asks of one step: two a weight and token forward,
    /// twice that backward, for the matrices (`12 D^2` a layer and the head) and for the causal
    /// half of the scores and of the weighted values (`2 D T` a layer and token).
    double flops() {
      double matrices = layers * 12.0 * width * width + (double) width * vocabulary;
      double attention = layers * 2.0 * width * context;
      return tokens() * (6 * matrices + 3 * attention);
    }

    /// A step of training from random weights on random tokens.
    Runnable training() {
      var training = new Training(this);
      return training::step;
    }
  }

  /// A model that learns its batch by heart.
  static final class Training {
    private final Tensor ids;
    private final Tensor next;
    private final AdamW optimizer = AdamW.of(3e-4);
    private Gpt model;
    private Optimizer.State state;

    Training(Setting setting) {
      Shape shape = Shape.of(setting.batch, setting.context);
      ids = Rng.of(1).integers(0, setting.vocabulary, shape);
      next = Rng.of(2).integers(0, setting.vocabulary, shape);
      model = Gpt.init(setting.config(), Rng.of(0));
      state = optimizer.init(model);
    }

    /// One step; the old weights and moments are given back. Returns the loss.
    double step() {
      record Moved(Gpt model, Optimizer.State state, double loss) {}
      Gpt before = model;
      Moved moved =
          Scope.call(() -> {
            var step = Grad.valueAndGrad(m -> Losses.crossEntropy(m.logits(ids), next), before);
            var clipped = Clip.byGlobalNorm(step.grad(), 1);
            var after = optimizer.step(before, clipped.gradient(), state);
            return new Moved(after.model(), after.state(), step.value());
          });
      model = moved.model;
      state = moved.state;
      return moved.loss;
    }
  }
}
