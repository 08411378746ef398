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
import telos.nn.Quantize;
import telos.nn.format.Pretrained;
import telos.nn.format.StoredType;

/// Writes a model again with weights of two bytes or one.
@Command(
    name = "quantize",
    description = "Writes a model with BF16 weights, or int8 ones with a scale for each channel.")
final class QuantizeCommand implements Callable<Integer> {
  /// What the weights become.
  enum Weights {
    INT8,
    BF16
  }

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--model",
      paramLabel = "DIR",
      required = true,
      description = "A Hugging Face model directory.")
  private Path model = Path.of("");

  @Option(
      names = "--to",
      required = true,
      description =
          "${COMPLETION-CANDIDATES}: BF16 is read by other programs too, int8 by telos alone.")
  private Weights to = Weights.INT8;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      required = true,
      description = "Where to; other files there stay.")
  private Path out = Path.of("");

  @Override
  public Integer call() throws IOException {
    if (out.toAbsolutePath().normalize().equals(model.toAbsolutePath().normalize())) {
      throw new ParameterException(
          spec.commandLine(), "--out is the model itself; choose another directory");
    }
    Pretrained original = Pretrained.load(model);
    switch (to) {
      case BF16 -> original.save(out, StoredType.BF16, Pretrained.SHARD);
      case INT8 ->
          new Pretrained(
                  Quantize.int8(original.model()),
                  original.tokenizer(),
                  original.chatTemplate(),
                  original.defaults())
              .save(out);
    }
    PrintWriter text = spec.commandLine().getOut();
    text.printf(java.util.Locale.ROOT, "%s: %.1f MB of weights%n", out, weightBytes(out) / 1e6);
    text.flush();
    return 0;
  }

  private static long weightBytes(Path directory) throws IOException {
    long bytes = 0;
    try (var files = Files.newDirectoryStream(directory, "model*.safetensors")) {
      for (Path file : files) {
        bytes += Files.size(file);
      }
    }
    return bytes;
  }
}
