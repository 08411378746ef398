package telos.cli;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import telos.autograd.Grad;
import telos.nn.Clip;
import telos.nn.Losses;
import telos.study.MetricsLog;
import telos.study.Progress;
import telos.study.RunDirectory;
import telos.study.StopSignal;
import telos.study.Stopped;
import telos.study.Tags;
import telos.tensor.Rng;
import telos.tensor.Scope;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// Trains a byte-level language model on a text. The batch of a step depends on the seed and the
/// step alone, so a resumed run sees what an uninterrupted one sees.
final class LanguageModelTraining {
  private static final double MAX_NORM = 1.0;
  private static final int SAVE_EVERY = 100;

  private final LanguageModel.Config config;
  private final int[] text;
  private final RunDirectory run;
  private final StopSignal stop;
  private final Tensor mask;

  LanguageModelTraining(
      LanguageModel.Config config, int[] text, RunDirectory run, StopSignal stop) {
    this.config = config;
    this.text = text;
    this.run = run;
    this.stop = stop;
    this.mask = Tensor.ones(config.batch(), config.context());
  }

  /// Trains to the last step.
  ///
  /// @throws Stopped when asked to stop; a checkpoint is written first
  LanguageModel run(LanguageModel from, MetricsLog metrics, Progress progress) throws IOException {
    LanguageModel model = from;
    try (Progress.Stage bar = progress.stage("train lm")) {
      while (model.step() < config.steps()) {
        if (stop.raised()) {
          model.save(run);
          throw new Stopped();
        }
        LanguageModel now = model;
        Stepped next = Scope.call("train lm", () -> step(now));
        model = next.model();
        metrics.log(Tags.NONE, model.step(), next.numbers());
        requireFinite(model.step(), next.numbers());
        if (model.step() % SAVE_EVERY == 0 || model.step() == config.steps()) {
          model.save(run);
        }
        bar.update(model.step(), config.steps());
      }
    }
    return model;
  }

  private record Stepped(LanguageModel model, Map<String, Double> numbers) {}

  private Stepped step(LanguageModel model) {
    Tensor ids = batch(model.step());
    var step = Grad.valueAndGrad(gpt -> Losses.nextToken(gpt.logits(ids), ids, mask), model.gpt());
    var clipped = Clip.byGlobalNorm(step.grad(), MAX_NORM);
    var optimizer = config.optimizer();
    var next = optimizer.step(model.gpt(), clipped.gradient(), model.state());
    var numbers = new LinkedHashMap<String, Double>();
    numbers.put("loss", step.value());
    numbers.put("grad_norm", clipped.norm());
    numbers.put("learning_rate", optimizer.rate().at(model.step()));
    return new Stepped(new LanguageModel(model.step() + 1, next.model(), next.state()), numbers);
  }

  /// Random windows of the text, I32 `[B, T]`.
  private Tensor batch(long step) {
    int length = config.context();
    int[] starts =
        Rng.of(config.seed())
            .fold("batch")
            .fold(step)
            .integers(0, text.length - length + 1, Shape.of(config.batch()))
            .toInts();
    int[] ids = new int[config.batch() * length];
    for (int row = 0; row < starts.length; row++) {
      System.arraycopy(text, starts[row], ids, row * length, length);
    }
    return Tensor.of(ids, Shape.of(config.batch(), length));
  }

  private static void requireFinite(long step, Map<String, Double> numbers) throws IOException {
    double loss = numbers.getOrDefault("loss", Double.NaN);
    if (!Double.isFinite(loss)) {
      throw new IOException(
          "The loss became %s at step %d; lower --rate and start again".formatted(loss, step));
    }
  }
}
