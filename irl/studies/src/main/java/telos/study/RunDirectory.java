package telos.study;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import telos.nn.format.AtomicFiles;

/// Everything a run leaves behind: `run.json` (resolved configuration, seeds, versions),
/// `metrics.jsonl`, TensorBoard events, `stages/` (what a finished stage of a seed measured),
/// `results.json`, `report.html`. All but the two logs are written whole or not at all.
///
/// @param path the directory
public record RunDirectory(Path path) {
  private static final String RUN = "run.json";
  private static final String METRICS = "metrics.jsonl";

  /// Starts a run in a new or empty directory.
  ///
  /// @param run the content of `run.json`
  public static RunDirectory create(Path path, Map<String, @Nullable Object> run)
      throws IOException {
    if (Files.exists(path) && !isEmptyDirectory(path)) {
      throw new IOException(
          "'%s' exists and is not an empty directory; choose another --out, or continue that run with --resume"
              .formatted(path));
    }
    Files.createDirectories(path);
    var directory = new RunDirectory(path);
    directory.write(RUN, run);
    return directory;
  }

  /// Opens the directory of an earlier run.
  public static RunDirectory open(Path path) throws IOException {
    if (!Files.isRegularFile(path.resolve(RUN))) {
      throw new IOException("'%s' is not a run directory: it has no %s".formatted(path, RUN));
    }
    return new RunDirectory(path);
  }

  private static boolean isEmptyDirectory(Path path) throws IOException {
    if (!Files.isDirectory(path)) {
      return false;
    }
    try (Stream<Path> children = Files.list(path)) {
      return children.findAny().isEmpty();
    }
  }

  /// The content of `run.json`.
  public Map<String, @Nullable Object> run() throws IOException {
    return read(RUN);
  }

  /// Whether a file is there.
  public boolean has(String name) {
    return Files.isRegularFile(path.resolve(name));
  }

  /// Writes a JSON file.
  public void write(String name, Map<String, @Nullable Object> content) throws IOException {
    String text = JSON.std.with(JSON.Feature.PRETTY_PRINT_OUTPUT).asString(content);
    write(name, text + "\n");
  }

  /// Writes a text file.
  public void write(String name, String content) throws IOException {
    Path file = path.resolve(name);
    Files.createDirectories(file.toAbsolutePath().getParent());
    AtomicFiles.write(file, out -> out.write(content.getBytes(StandardCharsets.UTF_8)));
  }

  /// Reads a JSON file.
  public Map<String, @Nullable Object> read(String name) throws IOException {
    Path file = path.resolve(name);
    try {
      return new LinkedHashMap<>(JSON.std.mapFrom(Files.readString(file)));
    } catch (JsonProcessingException e) {
      throw new IOException(
          "'%s' is not valid JSON: %s".formatted(file, e.getOriginalMessage()), e);
    }
  }

  /// Opens `metrics.jsonl` for appending.
  ///
  /// @param scalars receives the numbers too
  public MetricsLog metrics(MetricsLog.Scalars scalars) throws IOException {
    return new MetricsLog(path.resolve(METRICS), scalars);
  }

  /// The records of `metrics.jsonl`; a last line cut short by a crash is left out.
  public List<Map<String, @Nullable Object>> metrics() throws IOException {
    Path file = path.resolve(METRICS);
    if (!Files.exists(file)) {
      return List.of();
    }
    try (Stream<String> lines = Files.lines(file)) {
      return lines.flatMap(RunDirectory::parsed).toList();
    }
  }

  private static Stream<Map<String, @Nullable Object>> parsed(String line) {
    try {
      return Stream.of(JSON.std.mapFrom(line));
    } catch (IOException _) {
      return Stream.empty();
    }
  }

  /// Keeps only some records of `metrics.jsonl`: a resumed run drops those of unfinished work,
  /// which it will write again.
  public void keepMetrics(Predicate<Map<String, @Nullable Object>> keep) throws IOException {
    var text = new StringBuilder();
    for (var line : metrics()) {
      if (keep.test(line)) {
        text.append(JSON.std.asString(line)).append('\n');
      }
    }
    write(METRICS, text.toString());
  }
}
