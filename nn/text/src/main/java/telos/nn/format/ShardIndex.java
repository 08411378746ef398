package telos.nn.format;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeSet;

/// Which file of a directory holds which tensors: `model.safetensors.index.json`, by which Hugging
/// Face's library cuts large models into shards.
///
/// @param shards the plain name of each file, and the names of the tensors in it
public record ShardIndex(SequencedMap<String, Set<String>> shards) {
  /// The name of the file.
  public static final String NAME = "model.safetensors.index.json";

  public ShardIndex {
    shards = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(shards));
  }

  /// Reads the index of a directory.
  ///
  /// @throws FormatException when it is malformed, or names a file that is not in the directory
  ///   itself
  public static ShardIndex read(Path directory) throws IOException {
    return read(ModelDirectory.of(directory));
  }

  static ShardIndex read(ModelDirectory directory) throws IOException {
    var index = directory.json(NAME);
    var shards = new LinkedHashMap<String, Set<String>>();
    for (var field : index.object("weight_map").object().fields().entrySet()) {
      if (!(field.getValue() instanceof Json.Str(var shard))) {
        throw index.fault("\"weight_map\" gives no file name for %s".formatted(field.getKey()));
      }
      shards.computeIfAbsent(shard, _ -> new TreeSet<>()).add(field.getKey());
    }
    for (var shard : shards.keySet()) {
      directory.file(shard);
    }
    return new ShardIndex(shards);
  }
}
