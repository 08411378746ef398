package telos.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import telos.nn.format.Json;

/// Shows the text of tokens.
@Command(name = "detokenize", description = "Shows the text of tokens; special ones have none.")
final class DetokenizeCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--tokenizer",
      paramLabel = "FILE",
      description = "A tokenizer.json, or a directory that has one.")
  private @Nullable Path file;

  @Option(
      names = "--ids",
      split = ",",
      paramLabel = "ID",
      required = true,
      description = "The tokens, with commas between.")
  private List<Integer> ids = List.of();

  @Option(names = "--json", description = "Print {\"text\": \"...\"}.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    var tokenizer = TokenizeCommand.load(file, spec);
    String text = tokenizer.decode(ids.stream().mapToInt(Integer::intValue).toArray());
    PrintWriter out = spec.commandLine().getOut();
    out.println(json ? Json.of(Map.of("text", text)).text() : text);
    out.flush();
    return 0;
  }
}
