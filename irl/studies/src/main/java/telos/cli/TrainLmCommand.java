package telos.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import telos.nn.Sampling;
import telos.nn.text.ByteTokenizer;
import telos.report.Report;
import telos.study.Canonical;
import telos.study.MetricsLog;
import telos.study.Progress;
import telos.study.RunDirectory;
import telos.study.StopSignal;
import telos.study.Stopped;
import telos.study.Versions;

/// Trains a small GPT on the bytes of a text file.
@Command(name = "lm", description = "Trains a byte-level language model on a text file.")
final class TrainLmCommand implements Callable<Integer> {
  private static final int INTERRUPTED = 130;
  private static final int SAMPLE = 200;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(names = "--text", paramLabel = "FILE", description = "The text, UTF-8.")
  private @Nullable Path text;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where to write; runs/lm-TIME by default.")
  private @Nullable Path out;

  @Option(
      names = "--resume",
      paramLabel = "DIR",
      description = "Go on with the run in this directory.")
  private @Nullable Path resume;

  @Option(
      names = "--steps",
      defaultValue = "300",
      description = "Optimizer steps (${DEFAULT-VALUE}).")
  private long steps;

  @Option(names = "--seed", defaultValue = "0", description = "Seed (${DEFAULT-VALUE}).")
  private long seed;

  @Option(names = "--layers", defaultValue = "2", description = "Layers (${DEFAULT-VALUE}).")
  private int layers;

  @Option(
      names = "--heads",
      defaultValue = "4",
      description = "Attention heads (${DEFAULT-VALUE}).")
  private int heads;

  @Option(names = "--width", defaultValue = "128", description = "Model width (${DEFAULT-VALUE}).")
  private int width;

  @Option(
      names = "--context",
      defaultValue = "128",
      description = "Tokens a sequence (${DEFAULT-VALUE}).")
  private int context;

  @Option(
      names = "--batch",
      defaultValue = "16",
      description = "Sequences a step (${DEFAULT-VALUE}).")
  private int batch;

  @Option(
      names = "--rate",
      defaultValue = "0.001",
      description = "Peak learning rate (${DEFAULT-VALUE}).")
  private double rate;

  @Override
  public Integer call() throws Exception {
    if (resume != null) {
      return resume(resume);
    }
    if (text == null) {
      throw new ParameterException(
          spec.commandLine(), "Which text? Give --text FILE, or --resume DIR");
    }
    if (steps < 1 || layers < 1 || context < 2 || batch < 1 || !(rate > 0)) {
      throw new ParameterException(
          spec.commandLine(),
          "--steps, --layers, --batch and --rate must be positive, --context at least 2");
    }
    var config = new LanguageModel.Config(steps, seed, layers, heads, width, context, batch, rate);
    int[] ids = read(text, context);
    LanguageModel fresh = LanguageModel.init(config);
    Path directory = out == null ? StudyRunCommand.fresh("lm") : out;
    return train(RunDirectory.create(directory, header(config, text)), config, ids, fresh);
  }

  private Integer resume(Path directory) throws Exception {
    RunDirectory run = RunDirectory.open(directory);
    var config = LanguageModel.Config.of(run);
    int[] ids = read(Path.of(String.valueOf(run.run().get("text"))), config.context());
    LanguageModel model = LanguageModel.newest(run, config);
    run.keepMetrics(line -> line.get("step") instanceof Number n && n.longValue() <= model.step());
    return train(run, config, ids, model);
  }

  private Integer train(
      RunDirectory run, LanguageModel.Config config, int[] ids, LanguageModel from)
      throws Exception {
    var stop = new StopSignal();
    PrintWriter err = spec.commandLine().getErr();
    String advice = "Go on with: telos train lm --resume " + run.path();
    LanguageModel trained;
    try (var _ = new Interruption(stop, err, advice);
        MetricsLog metrics = run.metrics(new EventFiles(run))) {
      trained =
          new LanguageModelTraining(config, ids, run, stop).run(from, metrics, Progress.standard());
    } catch (Stopped e) {
      return INTERRUPTED;
    }
    finish(run, config, ids, trained);
    return 0;
  }

  private void finish(
      RunDirectory run, LanguageModel.Config config, int[] ids, LanguageModel trained)
      throws IOException {
    PrintWriter console = spec.commandLine().getOut();
    var sampling = Sampling.of(Math.min(SAMPLE, config.context() - 1)).withTemperature(0.8);
    console.println(Sample.continuation(trained.gpt(), "", sampling, config.seed()));
    console.println();
    var last = run.metrics().getLast();
    double loss = last.get("loss") instanceof Number number ? number.doubleValue() : Double.NaN;
    console.printf(
        Locale.ROOT,
        "Loss at step %s: %.3f nats a byte (unigram entropy of the text: %.3f)%n",
        last.get("step"),
        loss,
        entropy(ids));
    console.println("Report: " + Report.write(run));
    console.flush();
  }

  private static Map<String, @Nullable Object> header(LanguageModel.Config config, Path text) {
    var run = new LinkedHashMap<String, @Nullable Object>();
    run.put("command", "train lm");
    run.put("text", text.toAbsolutePath().toString());
    run.put("seed", config.seed());
    run.put("config", Canonical.map(config));
    run.put("versions", Versions.current());
    run.put("started", Instant.now().toString());
    return run;
  }

  private static int[] read(Path file, int context) throws IOException {
    int[] ids;
    try {
      ids = new ByteTokenizer().encode(Files.readString(file));
    } catch (CharacterCodingException e) {
      throw new IOException("'%s' is not UTF-8 text".formatted(file), e);
    }
    if (ids.length < context) {
      throw new IOException(
          "'%s' has %d bytes; a sequence needs %d, so use a longer text or a smaller --context"
              .formatted(file, ids.length, context));
    }
    return ids;
  }

  /// The entropy in nats of drawing each byte on its own.
  private static double entropy(int[] ids) {
    return Arrays.stream(ids)
        .boxed()
        .collect(
            java.util.stream.Collectors.groupingBy(i -> i, java.util.stream.Collectors.counting()))
        .values()
        .stream()
        .mapToDouble(n -> -(double) n / ids.length * StrictMath.log((double) n / ids.length))
        .sum();
  }
}
