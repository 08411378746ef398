package telos.cli;

import java.io.BufferedReader;
import java.io.Console;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import telos.nn.Sampling;
import telos.nn.serve.Conversation;
import telos.tensor.Rng;

/// Holds a conversation in the terminal: a line each, the answer as it is written. Works in a pipe
/// too, where only answers are printed.
@Command(
    name = "chat",
    description = {
      "Holds a conversation with a model that has a chat template.",
      "/reset begins anew, /exit ends."
    })
final class ChatCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(names = "--model", paramLabel = "DIR", description = "A Hugging Face directory.")
  private @Nullable Path model;

  @Option(names = "--system", description = "What the model is told before everything.")
  private @Nullable String system;

  @Option(
      names = "--max-new-tokens",
      defaultValue = "512",
      description = "The most tokens of an answer (${DEFAULT-VALUE}).")
  private int tokens;

  @Option(
      names = "--temperature",
      defaultValue = "0.8",
      description = "0 is greedy (${DEFAULT-VALUE}).")
  private double temperature;

  @Option(
      names = "--top-k",
      defaultValue = "0",
      description = "Draw from the k likeliest; 0 for all.")
  private int topK;

  @Option(
      names = "--top-p",
      defaultValue = "0.95",
      description = "Draw from the likeliest of this mass (${DEFAULT-VALUE}).")
  private double topP;

  @Option(names = "--seed", defaultValue = "0", description = "Seed (${DEFAULT-VALUE}).")
  private long seed;

  @Override
  public Integer call() throws Exception {
    if (model == null) {
      throw new ParameterException(spec.commandLine(), "Which model? Give --model DIR");
    }
    Sampling sampling = sampling();
    var conversation =
        new Conversation(
            TextModel.load(model).served(model.toString()),
            Optional.ofNullable(system),
            sampling,
            Rng.of(seed));
    var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    Console console = System.console();
    boolean terminal = console != null && console.isTerminal();
    hold(conversation, lines, terminal ? "> " : "");
    return 0;
  }

  private Sampling sampling() {
    try {
      return Sampling.of(tokens).withTemperature(temperature).withTopK(topK).withTopP(topP);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
  }

  private void hold(Conversation conversation, BufferedReader lines, String prompt)
      throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    while (true) {
      print(out, prompt);
      String line = lines.readLine();
      if (line == null || line.strip().equals("/exit")) {
        return;
      }
      if (line.strip().equals("/reset")) {
        conversation.reset();
      } else if (!line.isBlank()) {
        say(conversation, line, out);
      }
    }
  }

  private void say(Conversation conversation, String line, PrintWriter out) {
    try {
      conversation.say(line, piece -> print(out, piece));
      print(out, System.lineSeparator());
    } catch (IllegalArgumentException e) {
      PrintWriter err = spec.commandLine().getErr();
      err.println("telos: " + Failure.sentence(e) + " (/reset)");
      err.flush();
    }
  }

  private static void print(PrintWriter out, String text) {
    out.print(text);
    out.flush();
  }
}
