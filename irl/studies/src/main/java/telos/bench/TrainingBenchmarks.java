package telos.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import telos.autograd.Grad;
import telos.autograd.Loss;
import telos.autograd.Step;
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
  /// model FLOP, and tokens a second; for the small one also the step that runs every block again
  /// in the backward pass, by the same count of operations.
  public static List<Benchmark> all() {
    var rows = new ArrayList<>(rows(Setting.TINY));
    rows.addAll(rows(Setting.SMALL));
    rows.add(step("gpt-small-step-recompute", Setting.SMALL, Gpt::recomputedHidden));
    return List.copyOf(rows);
  }

  private static List<Benchmark> rows(Setting setting) {
    String name = "gpt-" + setting.name;
    return List.of(
        step(name + "-step", setting, Gpt::hidden),
        Benchmark.rate(name + "-tokens", "tokens/s", setting.tokens(), setting::training));
  }

  private static Benchmark step(
      String name, Setting setting, BiFunction<Gpt, Tensor, Tensor> hidden) {
    return Benchmark.milliseconds(name, () -> new Training(setting, hidden)::step)
        .against(MachineBenchmarks.PEAK, setting.flops());
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
    private final BiFunction<Gpt, Tensor, Tensor> hidden;
    private final AdamW optimizer = AdamW.of(3e-4);
    private Gpt model;
    private Optimizer.State state;

    Training(Setting setting) {
      this(setting, Gpt::hidden);
    }

    /// @param hidden the model's forward pass from tokens `[B, T]` to hidden states
    Training(Setting setting, BiFunction<Gpt, Tensor, Tensor> hidden) {
      this.hidden = hidden;
      Shape shape = Shape.of(setting.batch, setting.context);
      ids = Rng.of(1).integers(0, setting.vocabulary, shape);
      next = Rng.of(2).integers(0, setting.vocabulary, shape);
      model = Gpt.init(setting.config(), Rng.of(0));
      state = optimizer.init(model);
    }

    /// One step; the old weights and moments are given back. Returns the loss.
    double step() {
      record Moved(Gpt model, Optimizer.State state, double loss) {}
      Moved moved =
          Scope.call(() -> {
            var step = gradient();
            var clipped = Clip.byGlobalNorm(step.grad(), 1);
            var after = optimizer.step(model, clipped.gradient(), state);
            return new Moved(after.model(), after.state(), step.value());
          });
      model = moved.model;
      state = moved.state;
      return moved.loss;
    }

    /// The loss and its gradient by the present weights.
    Step<Gpt> gradient() {
      return Grad.valueAndGrad(this::loss, model);
    }

    private Loss loss(Gpt model) {
      return Losses.crossEntropy(model.unembed(hidden.apply(model, ids)), next);
    }
  }
}
