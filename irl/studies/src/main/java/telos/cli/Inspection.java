package telos.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import telos.nn.format.Checkpoint;
import telos.nn.format.EventFile;
import telos.nn.format.FormatException;
import telos.nn.format.Json;
import telos.nn.format.OnnxFile;
import telos.nn.format.SafeTensors;
import telos.nn.format.SafeTensorsHeader;
import telos.nn.format.ShardIndex;
import telos.nn.format.TensorStatistics;
import telos.study.RunDirectory;

/// Prints what files hold, a fact a line: for people, or as one JSON object each.
///
/// @param statistics whether the data of safetensors files is read too
/// @param json whether lines are JSON
record Inspection(PrintWriter out, boolean statistics, boolean json) {
  private static final long LARGEST_STATE = 1 << 20;

  void path(Path path) throws IOException {
    if (Files.isRegularFile(path)) {
      file(path);
    } else if (Files.exists(path.resolve("run.json"))) {
      run(RunDirectory.open(path));
    } else {
      directory(path);
    }
  }

  private void file(Path file) throws IOException {
    if (file.toString().endsWith(".onnx")) {
      onnx(OnnxFile.inspect(file));
    } else if (EventFile.is(file)) {
      events(file);
    } else {
      tensors(file);
    }
  }

  private void fact(String text, Map<String, ?> fields) {
    out.println(json ? Json.of(fields).text() : text);
  }

  /// A name and what it is.
  private void named(String name, @Nullable Object value) {
    var fields = new LinkedHashMap<String, @Nullable Object>();
    fields.put(name, value instanceof Map || value instanceof List ? value : String.valueOf(value));
    fact("%-10s %s".formatted(name, value), fields);
  }

  private static Map<String, Object> fields(Object... namesAndValues) {
    var fields = new LinkedHashMap<String, Object>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      fields.put((String) namesAndValues[i], namesAndValues[i + 1]);
    }
    return fields;
  }

  // --- safetensors ---

  private void tensors(Path file) throws IOException {
    SafeTensorsHeader header = SafeTensors.inspect(file);
    header
        .metadata()
        .forEach((key, value) ->
            fact("%s = %s".formatted(key, value), fields("metadata", key, "value", value)));
    Map<String, TensorStatistics> all = statistics ? SafeTensors.statistics(file) : Map.of();
    for (SafeTensorsHeader.Entry entry : header.entries()) {
      tensor(entry, all.get(entry.name()));
    }
    long bytes = header.entries().stream().mapToLong(SafeTensorsHeader.Entry::bytes).sum();
    fact(
        "%d tensors, %d bytes".formatted(header.entries().size(), bytes),
        fields("tensors", header.entries().size(), "bytes", bytes));
  }

  private void tensor(SafeTensorsHeader.Entry entry, @Nullable TensorStatistics numbers) {
    var fields = fields("tensor", entry.name(), "dtype", entry.type().name());
    fields.put("shape", entry.shape());
    fields.put("bytes", entry.bytes());
    String text =
        "%-48s %-5s %-20s %d bytes"
            .formatted(entry.name(), entry.type(), entry.shape(), entry.bytes());
    if (numbers != null) {
      fields.put("min", number(numbers.min()));
      fields.put("max", number(numbers.max()));
      fields.put("mean", number(numbers.mean()));
      fields.put("nan", numbers.nan());
      text +=
          ", %.5g to %.5g, mean %.5g, %d NaN"
              .formatted(numbers.min(), numbers.max(), numbers.mean(), numbers.nan());
    }
    fact(text, fields);
  }

  /// JSON has no NaN and no infinities; they stand as text.
  private static Object number(double value) {
    return Double.isFinite(value) ? (Object) value : Double.toString(value);
  }

  /// The shards of a model; each must hold the tensors that the index says it does.
  private void shards(Path directory) throws IOException {
    Map<String, Set<String>> shards = ShardIndex.read(directory).shards();
    for (var shard : shards.entrySet()) {
      Path file = directory.resolve(shard.getKey());
      heading(file);
      var missing = new TreeSet<>(shard.getValue());
      SafeTensors.inspect(file).entries().forEach(entry -> missing.remove(entry.name()));
      if (!missing.isEmpty()) {
        throw new FormatException(
            "%s: has no tensor \"%s\", which the index says it holds"
                .formatted(file, missing.first()));
      }
      tensors(file);
    }
    int tensors = shards.values().stream().mapToInt(Set::size).sum();
    fact(
        "%d tensors in %d shards".formatted(tensors, shards.size()),
        fields("tensors", tensors, "shards", shards.size()));
  }

  // --- ONNX ---

  private void onnx(OnnxFile file) {
    fact(
        "ONNX, IR version %d, %s, written by %s"
            .formatted(file.irVersion(), opsets(file.opsets()), file.producer()),
        fields(
            "irVersion", file.irVersion(), "opsets", file.opsets(), "producer", file.producer()));
    file.inputs().forEach(input -> value("input", input));
    file.outputs().forEach(output -> value("output", output));
    file.operators()
        .forEach((type, count) ->
            fact("%6d %s".formatted(count, type), fields("operator", type, "count", count)));
    file.external().forEach(name -> named("external", name));
    fact(
        "%d initializers, %d bytes".formatted(file.initializers(), file.weightBytes()),
        fields("initializers", file.initializers(), "bytes", file.weightBytes()));
  }

  private static String opsets(Map<String, Long> opsets) {
    return String.join(
        ", ",
        opsets.entrySet().stream()
            .map(set -> (set.getKey() + " opset " + set.getValue()).strip())
            .toList());
  }

  private void value(String role, OnnxFile.Value value) {
    fact(
        "%-10s %s %s %s".formatted(role, value.name(), value.type(), value.dims()),
        fields(role, value.name(), "type", value.type(), "dims", value.dims()));
  }

  // --- events ---

  private void events(Path file) throws IOException {
    EventFile.series(file).forEach(this::series);
  }

  private void series(String tag, EventFile.Series series) {
    EventFile.Value last = series.last();
    var fields = fields("tag", tag, "kind", last.kind(), "count", series.count());
    fields.put("firstStep", series.first());
    fields.put("lastStep", last.step());
    String text =
        "%-32s %-10s %d values, steps %d to %d"
            .formatted(tag, last.kind(), series.count(), series.first(), last.step());
    if (last.kind().equals("scalar")) {
      fields.put("last", number(last.scalar()));
      text += ", the last " + (float) last.scalar();
    }
    fact(text, fields);
  }

  // --- directories ---

  private void run(RunDirectory run) throws IOException {
    run.run().forEach(this::named);
    var metrics = run.metrics();
    fact(
        "%-10s %d records%s"
            .formatted(
                "metrics",
                metrics.size(),
                metrics.isEmpty() ? "" : ", the last " + metrics.getLast()),
        fields(
            "metrics", metrics.size(), "last", metrics.isEmpty() ? Map.of() : metrics.getLast()));
    if (run.has("results.json")) {
      named("results", run.path().resolve("results.json"));
    }
    for (Path checkpoint : children(run.path().resolve("checkpoints"))) {
      named("checkpoint", checkpoint.getFileName());
    }
  }

  private void directory(Path directory) throws IOException {
    if (Files.exists(directory.resolve(ShardIndex.NAME))) {
      shards(directory);
      return;
    }
    if (Files.exists(directory.resolve("manifest.json"))) {
      checkpoint(directory);
    }
    List<Path> files = children(directory).stream().filter(Inspection::isKnown).toList();
    if (files.isEmpty()) {
      throw new IOException(
          "'%s' is neither a run's directory nor a checkpoint: it has no run.json and no .safetensors, .onnx or event file"
              .formatted(directory));
    }
    for (Path file : files) {
      heading(file);
      file(file);
    }
  }

  private static boolean isKnown(Path file) {
    String name = file.getFileName().toString();
    return Files.isRegularFile(file)
        && (name.endsWith(".safetensors") || name.endsWith(".onnx") || name.contains(".tfevents."));
  }

  private void heading(Path file) {
    fact(file.getFileName() + ":", fields("file", file.getFileName().toString()));
  }

  private void checkpoint(Path directory) throws IOException {
    var fault = Checkpoint.fault(directory);
    fact(
        fault.isEmpty() ? "every file matches the manifest" : fault.get(),
        fields("verified", fault.isEmpty()));
    Path state = directory.resolve("state.json");
    if (Files.isRegularFile(state) && Files.size(state) <= LARGEST_STATE) {
      Json value = Json.read(state.toString(), Files.readAllBytes(state));
      fact("%-10s %s".formatted("state", value.text()), fields("state", value));
    }
  }

  private static List<Path> children(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(directory)) {
      return files.sorted().toList();
    }
  }
}
