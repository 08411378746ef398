package telos.nn.format;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.SequencedSet;

/// Which file of a directory holds which tensor: `model.safetensors.index.json`, by which Hugging
/// Face cuts large models into shards.
///
/// @param files tensor name to the plain name of the file that holds it
public record ShardIndex(SequencedMap<String, String> files) {
  /// The name of the file.
  public static final String NAME = "model.safetensors.index.json";

  private static final long MAX_BYTES = 200_000_000;

  public ShardIndex {
    files = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(files));
  }

  /// Reads the index of a directory.
  ///
  /// @throws FormatException when it is malformed, or names a file that is not a plain name
  public static ShardIndex read(Path directory) throws IOException {
    var file = directory.resolve(NAME);
    if (Files.size(file) > MAX_BYTES) {
      throw new FormatException("%s: is larger than %d bytes".formatted(file, MAX_BYTES));
    }
    if (!(Json.read(file.toString(), Files.readAllBytes(file)) instanceof Json.Obj index
        && index.at("weight_map") instanceof Json.Obj(var map))) {
      throw new FormatException("%s: has no object \"weight_map\"".formatted(file));
    }
    var files = new LinkedHashMap<String, String>();
    for (var entry : map.entrySet()) {
      if (!(entry.getValue() instanceof Json.Str(var name) && isPlain(name))) {
        throw new FormatException(
            "%s: tensor \"%s\" is in %s, which is not the plain name of a file beside it"
                .formatted(file, entry.getKey(), entry.getValue()));
      }
      files.put(entry.getKey(), name);
    }
    return new ShardIndex(files);
  }

  private static boolean isPlain(String name) {
    return name.matches("[A-Za-z0-9_-][A-Za-z0-9._-]{0,254}");
  }

  /// The shards, each once.
  public SequencedSet<String> shards() {
    return new java.util.LinkedHashSet<>(files.values());
  }
}
