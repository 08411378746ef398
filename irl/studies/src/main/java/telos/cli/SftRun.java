package telos.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.LongPredicate;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import picocli.CommandLine;
import telos.irl.Sft;
import telos.irl.SftState;
import telos.nn.Gpt;
import telos.nn.Lora;
import telos.nn.format.PeftAdapter;
import telos.nn.format.Pretrained;
import telos.nn.format.WeightsDigest;
import telos.nn.text.Demonstration;
import telos.nn.text.DemonstrationStream;
import telos.nn.text.Demonstrations;
import telos.nn.text.SubwordTokenizer;
import telos.report.Report;
import telos.study.MetricsLog;
import telos.study.Progress;
import telos.study.RunDirectory;
import telos.study.StopSignal;
import telos.study.Tags;
import telos.tensor.Rng;

/// A fine-tuning run in its directory.
final class SftRun {
  private static final int DEFAULT_CONTEXT = 1024;
  private static final int MOST_HELD_OUT = 256;

  private final SftOptions options;
  private final RunDirectory run;
  private final CommandLine line;
  private final Path model;
  private final Path data;
  private final Rng key;
  private final StopSignal stop = new StopSignal();

  SftRun(SftOptions options, RunDirectory run, CommandLine line) {
    this.options = options;
    this.run = run;
    this.line = line;
    model = Objects.requireNonNull(options.model);
    data = Objects.requireNonNull(options.data);
    key = Rng.of(options.seed);
  }

  /// Trains from the beginning, or from the newest checkpoint, and writes what was learnt.
  ///
  /// @return false if it was interrupted
  boolean go() throws IOException {
    Pretrained base = Pretrained.load(model);
    Gpt start = options.lora ? adapted(base.model()) : base.model();
    if (options.lora || options.freeze != null) {
      WeightsDigest.check(run.path(), base.model());
      WeightsDigest.write(run.path(), base.model());
    }
    Demonstrations demonstrations = demonstrations(base);
    Sft.Plan plan = plan(start);
    warnOfStops(base, demonstrations);
    SftState end = train(start, plan, demonstrations);
    if (end.step() < plan.steps()) {
      return false;
    }
    write(base, end.result());
    return true;
  }

  private Gpt adapted(Gpt base) {
    return PeftAdapter.adapt(base, options.adapter(), options.targets, key.fold("lora"));
  }

  private Sft.Plan plan(Gpt start) throws IOException {
    long examples = DemonstrationStream.count(data, this::trained);
    double perStep = (double) options.batch * options.accumulate;
    long steps =
        options.steps == null
            ? Math.max(1, (long) Math.ceil(options.epochs * examples / perStep))
            : options.steps;
    return new Sft.Plan(
        options.optimizer(steps),
        steps,
        options.batch,
        options.accumulate,
        options.clip,
        new Sft.Regularisation(options.labelSmoothing, options.zLoss, options.dropout),
        options.ema,
        options.every,
        moved(start),
        key.fold("step"));
  }

  /// Which parameters learn.
  private Predicate<String> moved(Gpt start) {
    Predicate<String> all = options.lora ? Lora.trained(start) : _ -> true;
    if (options.freeze == null) {
      return all;
    }
    try {
      Predicate<String> frozen = Pattern.compile(options.freeze).asMatchPredicate();
      return all.and(frozen.negate());
    } catch (PatternSyntaxException e) {
      throw new CommandLine.ParameterException(
          line,
          "--freeze '%s' is no regular expression: %s"
              .formatted(options.freeze, e.getDescription()),
          e);
    }
  }

  /// A model learns to stop only by the stop tokens that it is trained on; a template may leave
  /// them out.
  private void warnOfStops(Pretrained base, Demonstrations demonstrations) throws IOException {
    var stops = base.defaults().eos();
    for (Demonstration first : DemonstrationStream.first(data, demonstrations, this::trained, 1)) {
      int last = first.ids().length - 1;
      boolean answer = first.weight() < last && last < demonstrations.context();
      while (last > 0 && !first.counted()[last]) {
        last--;
      }
      if (answer && !stops.contains(first.ids()[last])) {
        line.getErr()
            .printf(
                "Warning: what is trained of line %d ends in \"%s\", which is none of the model's"
                    + " stop tokens %s, so it will not learn to stop%n",
                first.line(), demonstrations.tokenizer().token(first.ids()[last]), stops);
      }
    }
  }

  private boolean heldOut(long line) {
    return key.fold("held out").fold(line).uniform() < options.heldOut;
  }

  private boolean trained(long line) {
    return !heldOut(line);
  }

  private SftState train(Gpt start, Sft.Plan plan, Demonstrations demonstrations)
      throws IOException {
    LongPredicate trained = this::trained;
    var order = new DemonstrationStream.Order(options.buffer, key.fold("data"), trained);
    List<Demonstration> heldOut =
        DemonstrationStream.first(data, demonstrations, this::heldOut, MOST_HELD_OUT);
    Path checkpoints = run.path().resolve("checkpoints");
    String advice = "Go on with: telos sft --resume " + run.path();
    try (DemonstrationStream stream = DemonstrationStream.open(data, demonstrations, order)) {
      SftState from = SftState.resumed(SftState.init(start, plan), plan, stream, checkpoints);
      run.keepMetrics(
          entry -> entry.get("step") instanceof Number n && n.longValue() <= from.step());
      try (var _ = new Interruption(stop, line.getErr(), advice);
          MetricsLog metrics = run.metrics(new EventFiles(run));
          Progress.Stage bar = Progress.standard().stage("sft")) {
        return Sft.run(
            from,
            plan,
            stream,
            heldOut,
            checkpoints,
            step -> {
              metrics.log(Tags.NONE, step.step(), numbers(step, stream.epoch()));
              bar.update(step.step(), plan.steps());
              return !stop.raised();
            });
      }
    }
  }

  /// By the names that other trainers use.
  private static Map<String, Double> numbers(Sft.Step step, long epoch) {
    var numbers = new LinkedHashMap<String, Double>();
    numbers.put("loss", step.loss());
    numbers.put("mean_token_accuracy", step.accuracy());
    numbers.put("grad_norm", step.gradientNorm());
    numbers.put("learning_rate", step.learningRate());
    numbers.put("epoch", (double) epoch);
    numbers.put("tokens", (double) step.tokens());
    step.heldOut().ifPresent(loss -> numbers.put("eval_loss", loss));
    return numbers;
  }

  private void write(Pretrained base, Gpt result) throws IOException {
    if (options.lora) {
      PeftAdapter.save(run.path(), result, options.adapter(), model.toAbsolutePath().toString());
    } else {
      new Pretrained(result, base.tokenizer(), base.chatTemplate(), base.defaults())
          .save(run.path());
    }
    PrintWriter console = line.getOut();
    var last = run.metrics().getLast();
    double loss = last.get("loss") instanceof Number number ? number.doubleValue() : Double.NaN;
    console.printf(Locale.ROOT, "Loss at step %s: %.4f nats a token", last.get("step"), loss);
    if (last.get("eval_loss") instanceof Number held) {
      console.printf(Locale.ROOT, ", %.4f on held-out examples", held.doubleValue());
    }
    console.println();
    console.println((options.lora ? "Adapter: " : "Model: ") + run.path());
    console.println("Report: " + Report.write(run));
    console.flush();
  }

  private Demonstrations demonstrations(Pretrained base) throws IOException {
    SubwordTokenizer tokenizer =
        base.tokenizer()
            .orElseThrow(() -> new IOException("'%s' has no tokenizer.json".formatted(model)));
    int end =
        base.defaults().eos().stream()
            .findFirst()
            .orElseThrow(() ->
                new IOException("'%s' names no eos_token_id in config.json".formatted(model)));
    int most = Math.min(base.model().config().context(), DEFAULT_CONTEXT);
    int context = options.context == null ? most : options.context;
    return new Demonstrations(tokenizer, base.chatTemplate(), end, context);
  }
}
