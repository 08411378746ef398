package telos.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import telos.study.RunDirectory;
import telos.study.Versions;

/// Fine-tunes a model directory, wholly or by a low-rank adapter.
@Command(
    name = "sft",
    description = {
      "Fine-tunes a model on texts, conversations, or prompts with completions.",
      "The output directory is the run and, at its end, the model (or the adapter) in the layout"
          + " of",
      "Hugging Face."
    })
final class SftCommand implements Callable<Integer> {
  private static final int INTERRUPTED = 130;

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private SftOptions options = new SftOptions();

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where to write; runs/sft-TIME by default.")
  private @Nullable Path out;

  @Option(
      names = "--resume",
      paramLabel = "DIR",
      description = "Go on with the run in this directory.")
  private @Nullable Path resume;

  @Override
  public Integer call() throws Exception {
    if (resume != null) {
      RunDirectory run = RunDirectory.open(resume);
      return finished(new SftRun(saved(run), run, spec.commandLine()).go());
    }
    if (options.model == null || options.data == null) {
      throw new ParameterException(
          spec.commandLine(),
          "Which model, and which data? Give --model DIR --data FILE, or --resume DIR");
    }
    if (!options.fault().isEmpty()) {
      throw new ParameterException(spec.commandLine(), options.fault());
    }
    Path directory = out == null ? StudyRunCommand.fresh("sft") : out;
    var run = RunDirectory.create(directory, header());
    return finished(new SftRun(options, run, spec.commandLine()).go());
  }

  private static int finished(boolean whole) {
    return whole ? 0 : INTERRUPTED;
  }

  private Map<String, @Nullable Object> header() {
    var run = new LinkedHashMap<String, @Nullable Object>();
    run.put("command", "sft");
    run.put("seed", options.seed);
    run.put("config", SftOptions.resolved(own(spec)));
    run.put("versions", Versions.current());
    run.put("started", Instant.now().toString());
    return run;
  }

  private static List<OptionSpec> own(CommandSpec spec) {
    return spec.mixins().values().stream()
        .filter(mixin -> mixin.userObject() instanceof SftOptions)
        .flatMap(mixin -> mixin.options().stream())
        .toList();
  }

  /// The options that a run was started with.
  private static SftOptions saved(RunDirectory run) throws IOException {
    if (!(run.run().get("config") instanceof Map<?, ?> resolved)
        || !"sft".equals(run.run().get("command"))) {
      throw new IOException("'%s' is not the run of 'sft'".formatted(run.path()));
    }
    var command = new SftCommand();
    try {
      new CommandLine(command)
          .setCaseInsensitiveEnumValuesAllowed(true)
          .parseArgs(SftOptions.arguments(resolved));
    } catch (ParameterException e) {
      throw new IOException(
          "The configuration in '%s' cannot be read: %s".formatted(run.path(), e.getMessage()), e);
    }
    return command.options;
  }
}
