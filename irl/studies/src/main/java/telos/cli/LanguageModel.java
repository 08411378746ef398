package telos.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import telos.nn.AdamW;
import telos.nn.Gpt;
import telos.nn.GptConfig;
import telos.nn.Optimizer;
import telos.nn.Schedule;
import telos.nn.format.Checkpoint;
import telos.nn.format.Json;
import telos.nn.text.ByteTokenizer;
import telos.study.RunDirectory;
import telos.tensor.Rng;
import telos.tensor.Tree;

/// A byte-level language model in training, as a value: what a checkpoint holds.
///
/// @param step how many steps were taken
record LanguageModel(long step, Gpt gpt, Optimizer.State state) {

  /// Everything that decides the result.
  ///
  /// @param context tokens of a training sequence
  /// @param batch sequences of a step
  /// @param rate peak of the learning rate, reached after a tenth of the steps and followed by a
  ///   cosine to a tenth of it
  record Config(
      long steps,
      long seed,
      int layers,
      int heads,
      int width,
      int context,
      int batch,
      double rate) {

    /// From the `config` of a run's `run.json`.
    static Config of(RunDirectory run) throws IOException {
      if (!(run.run().get("config") instanceof Map<?, ?> map)
          || !String.valueOf(run.run().get("command")).equals("train lm")) {
        throw new IOException("'%s' is not the run of 'train lm'".formatted(run.path()));
      }
      return new Config(
          number(map, "steps").longValue(),
          number(map, "seed").longValue(),
          number(map, "layers").intValue(),
          number(map, "heads").intValue(),
          number(map, "width").intValue(),
          number(map, "context").intValue(),
          number(map, "batch").intValue(),
          number(map, "rate").doubleValue());
    }

    private static Number number(Map<?, ?> map, String name) throws IOException {
      if (map.get(name) instanceof Number number) {
        return number;
      }
      throw new IOException("run.json has no number config." + name);
    }

    AdamW optimizer() {
      long warmup = Math.max(1, Math.min(steps / 10, 100));
      return AdamW.of(Schedule.warmupCosine(rate, rate / 10, warmup, Math.max(steps, warmup + 1)));
    }
  }

  /// Random weights.
  static LanguageModel init(Config config) {
    GptConfig shape =
        GptConfig.gpt2(
            config.layers(),
            config.heads(),
            config.width(),
            config.context(),
            new ByteTokenizer().vocabularySize());
    Gpt gpt = Gpt.init(shape, Rng.of(config.seed()).fold("init"));
    return new LanguageModel(0, gpt, config.optimizer().init(gpt));
  }

  private static Path folder(RunDirectory run) {
    return run.path().resolve("checkpoints");
  }

  /// Writes a checkpoint; the newest two are kept.
  void save(RunDirectory run) throws IOException {
    new Checkpoint(
            step,
            Map.of("model", Tree.leaves(gpt), "optimizer", Tree.leaves(state)),
            new Json.Obj(Map.of()))
        .save(folder(run), 2);
  }

  /// The newest whole checkpoint of a run; random weights when there is none yet.
  static LanguageModel newest(RunDirectory run, Config config) throws IOException {
    LanguageModel fresh = init(config);
    var checkpoint = Checkpoint.newest(folder(run));
    if (checkpoint.isEmpty()) {
      return fresh;
    }
    try {
      return new LanguageModel(
          checkpoint.get().step(),
          Tree.withLeaves(fresh.gpt(), checkpoint.get().group("model")),
          Tree.withLeaves(fresh.state(), checkpoint.get().group("optimizer")));
    } catch (IllegalArgumentException e) {
      throw new IOException(
          "The checkpoint in '%s' does not fit run.json: %s".formatted(folder(run), e.getMessage()),
          e);
    }
  }
}
