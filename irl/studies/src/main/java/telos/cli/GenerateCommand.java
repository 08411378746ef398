package telos.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import telos.nn.Sampling;
import telos.study.RunDirectory;

/// Continues a text with a model that `train lm` made.
@Command(name = "generate", description = "Continues a text with a trained language model.")
final class GenerateCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(names = "--model", paramLabel = "DIR", description = "The directory of a 'train lm' run.")
  private @Nullable Path model;

  @Option(names = "--prompt", defaultValue = "", description = "What the text begins with.")
  private String prompt = "";

  @Option(names = "--tokens", defaultValue = "100", description = "New tokens (${DEFAULT-VALUE}).")
  private int tokens;

  @Option(
      names = "--temperature",
      defaultValue = "1",
      description = "0 is greedy (${DEFAULT-VALUE}).")
  private double temperature;

  @Option(
      names = "--top-k",
      defaultValue = "0",
      description = "Draw from the k likeliest; 0 for all.")
  private int topK;

  @Option(
      names = "--top-p",
      defaultValue = "1",
      description = "Draw from the likeliest of this mass.")
  private double topP;

  @Option(names = "--seed", defaultValue = "0", description = "Seed (${DEFAULT-VALUE}).")
  private long seed;

  @Override
  public Integer call() throws Exception {
    if (model == null) {
      throw new ParameterException(spec.commandLine(), "Which model? Give --model DIR");
    }
    RunDirectory run = RunDirectory.open(model);
    LanguageModel trained = LanguageModel.newest(run, LanguageModel.Config.of(run));
    if (trained.step() == 0) {
      throw new java.io.IOException("'%s' has no checkpoint yet".formatted(model));
    }
    PrintWriter out = spec.commandLine().getOut();
    out.println(prompt + Sample.continuation(trained.gpt(), prompt, sampling(), seed));
    out.flush();
    return 0;
  }

  private Sampling sampling() {
    try {
      return Sampling.of(tokens).withTemperature(temperature).withTopK(topK).withTopP(topP);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
  }
}
