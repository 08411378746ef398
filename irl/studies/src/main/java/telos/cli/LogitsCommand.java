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
import telos.nn.Quantize;
import telos.nn.format.Json;
import telos.nn.format.Pretrained;
import telos.tensor.DType;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.Tree;

/// Shows what a model makes of some tokens, for comparison with another program: in doubles, since
/// what F32 loses in two programs differs.
@Command(
    name = "logits",
    description = "Prints the scores of the next token after each of some tokens.")
final class LogitsCommand implements Callable<Integer> {
  /// What numbers the model computes with.
  enum Arithmetic {
    F64,
    F32;

    Gpt of(Gpt model) {
      return switch (this) {
        case F64 -> Tree.map(Quantize.f32(model), leaf -> leaf.cast(DType.F64));
        case F32 -> model;
      };
    }
  }

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

  @Option(
      names = "--dtype",
      paramLabel = "TYPE",
      description =
          "What to compute with, whatever the weights are kept as: f64 (the default), nearest to the"
              + " model's true scores, or f32, the scores that `generate` sees.")
  private Arithmetic arithmetic = Arithmetic.F64;

  @Option(names = "--json", description = "One JSON object: {\"logits\":[[...]...]}.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    double[][] rows = logits(Pretrained.load(model).model());
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
  private double[][] logits(Gpt gpt) throws IOException {
    int vocabulary = gpt.config().vocabulary();
    for (int id : ids) {
      if (id < 0 || id >= vocabulary) {
        throw new IOException(
            "The token %d is not one of the model's %d".formatted(id, vocabulary));
      }
    }
    int[] tokens = ids.stream().mapToInt(Integer::intValue).toArray();
    Tensor logits = arithmetic.of(gpt).logits(Tensor.of(tokens, Shape.of(1, tokens.length)));
    double[][] rows = new double[tokens.length][];
    Arrays.setAll(rows, t -> logits.at(1, t).toDoubles());
    return rows;
  }

  private List<Number> numbers(double[] row) {
    return Arrays.stream(row).<Number>mapToObj(this::number).toList();
  }

  /// With the digits that it has.
  private Number number(double value) {
    return switch (arithmetic) {
      case F64 -> value;
      case F32 -> (float) value;
    };
  }

  private String line(double[] row) {
    return numbers(row).stream().map(String::valueOf).collect(Collectors.joining(" "));
  }
}
