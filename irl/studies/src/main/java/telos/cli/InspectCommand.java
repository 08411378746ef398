package telos.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import telos.nn.format.SafeTensors;
import telos.nn.format.SafeTensorsHeader;
import telos.study.RunDirectory;

/// Shows what a file or directory holds, without loading it.
@Command(
    name = "inspect",
    description = "Shows what a safetensors file, a checkpoint or a run's directory holds.")
final class InspectCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      paramLabel = "FILE",
      description = "A .safetensors file, a checkpoint, or a run's directory.")
  private Path path = Path.of("");

  @Override
  public Integer call() throws IOException {
    if (!Files.exists(path)) {
      throw new NoSuchFileException(path.toString());
    }
    if (Files.isRegularFile(path)) {
      tensors(path);
    } else if (Files.exists(path.resolve("run.json"))) {
      run(RunDirectory.open(path));
    } else {
      directory();
    }
    spec.commandLine().getOut().flush();
    return 0;
  }

  private void tensors(Path file) throws IOException {
    SafeTensorsHeader header = SafeTensors.inspect(file);
    header.metadata().forEach((key, value) -> line("%s = %s".formatted(key, value)));
    for (SafeTensorsHeader.Entry entry : header.entries()) {
      line(
          "%-48s %-5s %-20s %d bytes"
              .formatted(entry.name(), entry.type(), entry.shape(), entry.bytes()));
    }
    long bytes = header.entries().stream().mapToLong(SafeTensorsHeader.Entry::bytes).sum();
    line("%d tensors, %d bytes".formatted(header.entries().size(), bytes));
  }

  private void run(RunDirectory run) throws IOException {
    run.run().forEach((key, value) -> line("%-10s %s".formatted(key, value)));
    var metrics = run.metrics();
    line(
        "%-10s %d records%s"
            .formatted(
                "metrics",
                metrics.size(),
                metrics.isEmpty() ? "" : ", the last " + metrics.getLast()));
    if (run.has("results.json")) {
      line("%-10s %s".formatted("results", run.path().resolve("results.json")));
    }
    for (Path checkpoint : children(run.path().resolve("checkpoints"))) {
      line("%-10s %s".formatted("checkpoint", checkpoint.getFileName()));
    }
  }

  private void directory() throws IOException {
    List<Path> files =
        children(path).stream().filter(f -> f.toString().endsWith(".safetensors")).toList();
    if (files.isEmpty()) {
      throw new IOException(
          "'%s' is neither a run's directory nor a checkpoint: it has no run.json and no .safetensors file"
              .formatted(path));
    }
    for (Path file : files) {
      line("%s:".formatted(file.getFileName()));
      tensors(file);
    }
  }

  private static List<Path> children(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(directory)) {
      return files.sorted().collect(Collectors.toList());
    }
  }

  private void line(String text) {
    PrintWriter out = spec.commandLine().getOut();
    out.println(text);
  }
}
