package telos.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import telos.nn.Adafactor;
import telos.nn.AdamW;
import telos.nn.Lion;
import telos.nn.Lora;
import telos.nn.Muon;
import telos.nn.Optimizer;
import telos.nn.Schedule;
import telos.nn.Sgd;

/// Everything that decides the result of a fine-tuning run.
final class SftOptions {
  /// Rules by which weights move.
  enum Rule {
    ADAMW,
    LION,
    ADAFACTOR,
    MUON,
    SGD
  }

  /// Shapes of the learning rate after the warm-up.
  enum Shape {
    CONSTANT,
    LINEAR,
    COSINE,
    WSD,
    INVERSE_SQRT
  }

  @Option(names = "--model", paramLabel = "DIR", description = "The model to start from.")
  @Nullable Path model;

  @Option(
      names = "--data",
      paramLabel = "FILE",
      description = "JSON lines with text, messages, or prompt and completion; or plain text.")
  @Nullable Path data;

  @Option(names = "--lora", description = "Train a low-rank adapter, not the model.")
  boolean lora;

  @Option(names = "--rank", defaultValue = "8", description = "Rank of it (${DEFAULT-VALUE}).")
  int rank;

  @Option(names = "--alpha", defaultValue = "16", description = "Its scale (${DEFAULT-VALUE}).")
  double alpha;

  @Option(names = "--rslora", description = "Divide alpha by the root of the rank.")
  boolean stabilised;

  @Option(names = "--dropout", defaultValue = "0", description = "Its dropout (${DEFAULT-VALUE}).")
  double dropout;

  @Option(
      names = "--target",
      split = ",",
      defaultValue = "all-linear",
      paramLabel = "MODULE",
      description = "Modules it changes, such as q_proj,v_proj (${DEFAULT-VALUE}).")
  List<String> targets = new ArrayList<>();

  @Option(
      names = "--freeze",
      paramLabel = "REGEX",
      description = "Parameters that stay, by path, such as 'blocks\\.[01]\\..*|tokens.*'.")
  @Nullable String freeze;

  @Option(names = "--epochs", defaultValue = "1", description = "Passes (${DEFAULT-VALUE}).")
  double epochs;

  @Option(names = "--steps", description = "Optimizer steps, instead of --epochs.")
  @Nullable Long steps;

  @Option(
      names = "--batch",
      defaultValue = "4",
      description = "Examples at once in memory (${DEFAULT-VALUE}).")
  int batch;

  @Option(
      names = "--accumulate",
      defaultValue = "1",
      description = "Batches a step (${DEFAULT-VALUE}).")
  int accumulate;

  @Option(
      names = "--context",
      paramLabel = "TOKENS",
      description = "Longest sequence; the model's context by default, at most 1024.")
  @Nullable Integer context;

  @Option(
      names = "--optimizer",
      defaultValue = "adamw",
      description = "${COMPLETION-CANDIDATES} (${DEFAULT-VALUE}).")
  Rule optimizer = Rule.ADAMW;

  @Option(
      names = "--rate",
      description = "Peak learning rate (1e-4; 1e-3 for a LoRA; 0.02 for muon, 0.1 for sgd).")
  @Nullable Double rate;

  @Option(
      names = "--schedule",
      defaultValue = "cosine",
      description = "${COMPLETION-CANDIDATES} (${DEFAULT-VALUE}).")
  Shape schedule = Shape.COSINE;

  @Option(
      names = "--warmup",
      defaultValue = "0.03",
      description = "Share of the steps in which the rate rises (${DEFAULT-VALUE}).")
  double warmup;

  @Option(
      names = "--weight-decay",
      defaultValue = "0.01",
      description = "Of matrices (${DEFAULT-VALUE}).")
  double weightDecay;

  @Option(
      names = "--clip",
      defaultValue = "1",
      description = "Largest norm of a gradient (${DEFAULT-VALUE}).")
  double clip;

  @Option(
      names = "--label-smoothing",
      defaultValue = "0",
      description = "Share spread over all tokens (${DEFAULT-VALUE}).")
  double labelSmoothing;

  @Option(names = "--z-loss", defaultValue = "0", description = "Its weight (${DEFAULT-VALUE}).")
  double zLoss;

  @Option(
      names = "--ema",
      defaultValue = "0",
      paramLabel = "DECAY",
      description = "Average the models, 0.999 for example; 0 does not.")
  double ema;

  @Option(
      names = "--hold-out",
      defaultValue = "0",
      paramLabel = "SHARE",
      description = "Share of the examples to evaluate on (${DEFAULT-VALUE}).")
  double heldOut;

  @Option(
      names = "--every",
      defaultValue = "100",
      paramLabel = "STEPS",
      description = "Save and evaluate that often (${DEFAULT-VALUE}).")
  int every;

  @Option(
      names = "--buffer",
      defaultValue = "10000",
      paramLabel = "EXAMPLES",
      description = "How far examples are shuffled (${DEFAULT-VALUE}).")
  int buffer;

  @Option(names = "--seed", defaultValue = "0", description = "Seed (${DEFAULT-VALUE}).")
  long seed;

  /// What is wrong with them, in a sentence; empty if nothing.
  String fault() {
    boolean fits =
        batch >= 1
            && accumulate >= 1
            && every >= 1
            && buffer >= 1
            && epochs > 0
            && (steps == null || steps >= 1)
            && (context == null || context >= 1)
            && (rate == null || rate > 0)
            && clip > 0;
    if (!fits) {
      return "--batch, --accumulate, --every, --buffer, --epochs, --steps, --context, --rate and"
          + " --clip must be positive";
    }
    boolean shares = share(heldOut) && share(ema) && share(dropout) && share(warmup);
    return shares && labelSmoothing >= 0 && labelSmoothing <= 1 && zLoss >= 0
        ? ""
        : "--hold-out, --ema, --dropout and --warmup must be in [0, 1), --label-smoothing in [0,"
            + " 1], --z-loss not negative";
  }

  private static boolean share(double value) {
    return value >= 0 && value < 1;
  }

  Lora adapter() {
    return new Lora(rank, alpha, stabilised, dropout);
  }

  Optimizer optimizer(long total) {
    Schedule rates = schedule(rate == null ? usualRate() : rate, total);
    return switch (optimizer) {
      case ADAMW -> AdamW.of(rates).withWeightDecay(weightDecay);
      case LION -> Lion.of(rates).withWeightDecay(weightDecay);
      case ADAFACTOR -> new Adafactor(rates, -0.8, Math.ulp(1f), 1e-3, 1, weightDecay);
      case MUON -> {
        var others = AdamW.of(schedule(1e-4, total)).withWeightDecay(weightDecay);
        var muon = Muon.of(rates, others);
        yield new Muon(rates, muon.momentum(), weightDecay, muon.matrices(), others);
      }
      case SGD -> new Sgd(rates, 0.9, true);
    };
  }

  private double usualRate() {
    return switch (optimizer) {
      case ADAMW -> lora ? 1e-3 : 1e-4;
      case LION -> lora ? 1e-4 : 1e-5;
      case ADAFACTOR -> 1e-3;
      case MUON -> 0.02;
      case SGD -> 0.1;
    };
  }

  private Schedule schedule(double peak, long total) {
    long rising = Math.min(total - 1, (long) Math.ceil(warmup * total));
    return switch (schedule) {
      case CONSTANT -> Schedule.constant(peak);
      case LINEAR -> Schedule.warmupLinear(peak, 0, rising, total);
      case COSINE -> Schedule.warmupCosine(peak, peak / 10, rising, total);
      case WSD -> {
        long falling = Math.clamp(total / 5, 1, total - rising);
        yield Schedule.warmupStableDecay(peak, 0, rising, falling, total);
      }
      case INVERSE_SQRT -> Schedule.inverseSqrt(peak, Math.max(1, rising));
    };
  }

  /// All options with their values, those that were not given at their defaults: what `run.json`
  /// keeps, and a resumed run reads again.
  static Map<String, @Nullable Object> resolved(List<OptionSpec> options) {
    var resolved = new LinkedHashMap<String, @Nullable Object>();
    for (OptionSpec option : options) {
      Object value = option.getValue();
      if (value instanceof List<?> list) {
        resolved.put(option.longestName(), list.stream().map(String::valueOf).toList());
      } else if (value instanceof Path path) {
        resolved.put(option.longestName(), path.toAbsolutePath().toString());
      } else if (value != null) {
        resolved.put(option.longestName(), value instanceof Enum<?> e ? e.name() : value);
      }
    }
    return resolved;
  }

  /// The command line that means [#resolved].
  static String[] arguments(Map<?, ?> resolved) {
    var arguments = new ArrayList<String>();
    resolved.forEach((name, value) -> {
      if (!(value instanceof Boolean flag)) {
        arguments.add(String.valueOf(name));
        arguments.add(
            value instanceof List<?> list
                ? String.join(",", list.stream().map(String::valueOf).toList())
                : String.valueOf(value));
      } else if (flag) {
        arguments.add(String.valueOf(name));
      }
    });
    return arguments.toArray(String[]::new);
  }
}
