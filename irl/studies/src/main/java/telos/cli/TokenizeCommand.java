package telos.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import telos.nn.format.Json;
import telos.nn.text.SubwordTokenizer;

/// Shows the tokens of a text.
@Command(name = "tokenize", description = "Shows the tokens of a text.")
final class TokenizeCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--tokenizer",
      paramLabel = "FILE",
      description = "A tokenizer.json, or a directory that has one.")
  private @Nullable Path file;

  @Option(names = "--text", description = "The text; standard input by default.")
  private @Nullable String text;

  @Option(
      names = "--specials",
      description = "Special tokens written out in the text become themselves.")
  private boolean specials;

  @Option(
      names = "--framed",
      description = "Add the tokens the file wants around a text, such as a begin token.")
  private boolean framed;

  @Option(names = "--json", description = "Print {\"ids\": [...]}.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    SubwordTokenizer tokenizer = load(file, spec);
    String what =
        text == null ? new String(System.in.readAllBytes(), StandardCharsets.UTF_8) : text;
    var encoding = specials ? tokenizer.encodingWithSpecials(what) : tokenizer.encoding(what);
    int[] ids = (framed ? tokenizer.framed(encoding) : encoding).ids();
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(Json.of(Map.of("ids", Arrays.stream(ids).boxed().toList())).text());
    } else {
      out.println(
          Arrays.stream(ids)
              .mapToObj(id -> id + "\t" + tokenizer.token(id))
              .collect(Collectors.joining(System.lineSeparator())));
    }
    out.flush();
    return 0;
  }

  static SubwordTokenizer load(@Nullable Path file, CommandSpec spec) throws IOException {
    if (file == null) {
      throw new ParameterException(spec.commandLine(), "Which tokenizer? Give --tokenizer FILE");
    }
    return SubwordTokenizer.load(Files.isDirectory(file) ? file.resolve("tokenizer.json") : file);
  }
}
