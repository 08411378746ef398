package telos.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import telos.nn.Lora;
import telos.nn.format.PeftAdapter;
import telos.nn.format.Pretrained;

/// Makes an ordinary model of a model and its adapter.
@Command(
    name = "merge",
    description = {
      "Adds an adapter, from 'telos sft --lora' or PEFT, to the weights of its model: what comes out",
      "is a model directory like any other, to generate, chat, serve and export with."
    })
final class MergeCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--model",
      paramLabel = "DIR",
      required = true,
      description = "The model that the adapter was trained on.")
  private Path model = Path.of("");

  @Option(
      names = "--adapter",
      paramLabel = "DIR",
      required = true,
      description = "A directory with adapter_config.json and its weights.")
  private Path adapter = Path.of("");

  @Option(
      names = "--out",
      paramLabel = "DIR",
      required = true,
      description = "Where to; new or empty.")
  private Path out = Path.of("");

  @Override
  public Integer call() throws IOException {
    if (Files.exists(out) && !isEmpty(out)) {
      throw new ParameterException(
          spec.commandLine(), "'%s' exists and is not an empty directory".formatted(out));
    }
    Pretrained base = Pretrained.load(model);
    var adapted = PeftAdapter.load(adapter, base.model()).model();
    new Pretrained(Lora.merged(adapted), base.tokenizer(), base.chatTemplate(), base.defaults())
        .save(out);
    PrintWriter text = spec.commandLine().getOut();
    text.println("Model: " + out);
    text.flush();
    return 0;
  }

  private static boolean isEmpty(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return false;
    }
    try (var files = Files.newDirectoryStream(directory)) {
      return !files.iterator().hasNext();
    }
  }
}
