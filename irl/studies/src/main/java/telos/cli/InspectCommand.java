package telos.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// Shows what a file or directory holds, without loading it.
@Command(
    name = "inspect",
    description = "Shows what a model file, an event file, a checkpoint or a run holds.")
final class InspectCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      paramLabel = "FILE",
      description =
          "A .safetensors or .onnx file, a TensorBoard event file, or a directory of them: a model, a checkpoint, a run.")
  private Path path = Path.of("");

  @Option(
      names = "--stats",
      description = "Read the tensors of safetensors files too: least, greatest, mean, NaN.")
  private boolean statistics;

  @Option(names = "--json", description = "One JSON object a line.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    if (!Files.exists(path)) {
      throw new NoSuchFileException(path.toString());
    }
    PrintWriter out = spec.commandLine().getOut();
    try {
      new Inspection(out, statistics, json).path(path);
    } finally {
      out.flush();
    }
    return 0;
  }
}
