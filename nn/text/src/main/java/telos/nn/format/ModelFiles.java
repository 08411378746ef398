package telos.nn.format;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/// The files of a model that is to be written. They replace those of a model that the directory may
/// hold; other files there stay.
///
/// Everything is written beside the directory first. Then the old `config.json` goes, the new files
/// take their places, and the new `config.json` comes last: whenever this ends, the directory holds
/// the old model, the new one, or none.
final class ModelFiles {
  private static final String CONFIG = "config.json";
  private static final Pattern OURS =
      Pattern.compile(
          "config\\.json|generation_config\\.json|tokenizer\\.json|tokenizer_config\\.json"
              + "|chat_template\\.jinja|model\\.safetensors(\\.index\\.json)?"
              + "|model-\\d{5}-of-\\d{5}\\.safetensors");

  private final Map<String, AtomicFiles.Content> files = new LinkedHashMap<>();

  void add(String name, AtomicFiles.Content content) {
    files.put(name, content);
  }

  void add(String name, Json.Obj json) {
    add(name, out -> out.write(json.text().getBytes(StandardCharsets.UTF_8)));
  }

  /// The weights, in as many files as it takes that none has more than `most` bytes of data (but a
  /// single tensor may have).
  void addWeights(List<SafeTensors.Row> rows, long most) {
    var shards = shards(rows, most);
    if (shards.size() == 1) {
      add(WeightFiles.SINGLE, out -> SafeTensors.write(out, rows, SafeTensors.PYTORCH));
      return;
    }
    var map = new LinkedHashMap<String, Object>();
    for (int i = 0; i < shards.size(); i++) {
      var shard = shards.get(i);
      var name = "model-%05d-of-%05d.safetensors".formatted(i + 1, shards.size());
      shard.forEach(row -> map.put(row.name(), name));
      add(name, out -> SafeTensors.write(out, shard, SafeTensors.PYTORCH));
    }
    long bytes = rows.stream().mapToLong(SafeTensors.Row::bytes).sum();
    add(
        ShardIndex.NAME,
        (Json.Obj) Json.of(Map.of("metadata", Map.of("total_size", bytes), "weight_map", map)));
  }

  private static List<List<SafeTensors.Row>> shards(List<SafeTensors.Row> rows, long most) {
    var shards = new ArrayList<List<SafeTensors.Row>>();
    long room = 0;
    for (var row : rows) {
      if (shards.isEmpty() || row.bytes() > room) {
        shards.add(new ArrayList<>());
        room = most;
      }
      shards.getLast().add(row);
      room -= row.bytes();
    }
    return shards;
  }

  /// Writes all files.
  ///
  /// @throws IOException one sentence that names the directory and the cause
  void write(Path directory) throws IOException {
    var target = directory.toAbsolutePath();
    var beside = AtomicFiles.sibling(target);
    try {
      Files.createDirectories(target);
      Files.createDirectory(beside);
      for (var file : files.entrySet()) {
        AtomicFiles.writeForced(beside.resolve(file.getKey()), file.getValue());
      }
      replace(target, beside);
    } catch (IOException e) {
      throw new IOException(
          "cannot write the model to %s: %s".formatted(directory, AtomicFiles.reason(e)), e);
    } finally {
      remove(beside);
    }
  }

  private void replace(Path target, Path beside) throws IOException {
    Files.deleteIfExists(target.resolve(CONFIG));
    AtomicFiles.forceDirectory(target);
    for (var name : files.keySet()) {
      if (!name.equals(CONFIG)) {
        move(beside, target, name);
      }
    }
    try (var old = Files.list(target)) {
      for (var file : old.toList()) {
        var name = file.getFileName().toString();
        if (OURS.matcher(name).matches() && !files.containsKey(name)) {
          Files.delete(file);
        }
      }
    }
    move(beside, target, CONFIG);
    AtomicFiles.forceDirectory(target);
  }

  private static void move(Path from, Path to, String name) throws IOException {
    Files.move(
        from.resolve(name),
        to.resolve(name),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }

  private static void remove(Path beside) throws IOException {
    if (Files.isDirectory(beside)) {
      try (var files = Files.list(beside)) {
        for (var file : files.toList()) {
          Files.delete(file);
        }
      }
      Files.delete(beside);
    }
  }
}
