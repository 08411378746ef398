package telos.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import telos.nn.Gpt;
import telos.nn.format.Json;
import telos.nn.format.Pretrained;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// Shows what a model makes of some tokens.
@Command(
    name = "logits",
    description = "Prints the scores of the next token after each of some tokens.")
final class LogitsCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--model",
      required = true,
      paramLabel = "DIR",
      description = "A model's directory with config.json and its weights.")
  private Path model = Path.of("");

  @Option(
      names = "--ids",
      required = true,
      split = ",",
      paramLabel = "ID",
      description = "Token ids, separated by commas.")
  private List<Integer> ids = new ArrayList<>();

  @Option(names = "--json", description = "One JSON object: {\"logits\":[[...]...]}.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    float[][] rows = logits(Pretrained.load(model).model());
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(
          Json.of(Map.of("logits", Arrays.stream(rows).map(this::numbers).toList())).text());
    } else {
      Arrays.stream(rows).map(this::line).forEach(out::println);
    }
    out.flush();
    return 0;
  }

  /// One row for each token.
  private float[][] logits(Gpt gpt) throws IOException {
    int vocabulary = gpt.config().vocabulary();
    for (int id : ids) {
      if (id < 0 || id >= vocabulary) {
        throw new IOException(
            "The token %d is not one of the model's %d".formatted(id, vocabulary));
      }
    }
    int[] tokens = ids.stream().mapToInt(Integer::intValue).toArray();
    Tensor logits = gpt.logits(Tensor.of(tokens, Shape.of(1, tokens.length)));
    float[][] rows = new float[tokens.length][];
    Arrays.setAll(rows, t -> logits.at(1, t).toFloats());
    return rows;
  }

  private List<Float> numbers(float[] row) {
    List<Float> numbers = new ArrayList<>();
    for (float value : row) {
      numbers.add(value);
    }
    return numbers;
  }

  private String line(float[] row) {
    return numbers(row).stream().map(String::valueOf).collect(Collectors.joining(" "));
  }
}
