package telos.nn.format;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Optional;

/// The files of a model's directory. Only plain files of its own are read: no other directory, and
/// nothing through a link.
record ModelDirectory(Path path) {
  private static final long MAX_JSON = 1L << 28;

  static ModelDirectory of(Path path) throws IOException {
    if (!Files.isDirectory(path)) {
      throw new IOException(
          "cannot read %s: %s"
              .formatted(path, Files.exists(path) ? "not a directory" : "no such directory"));
    }
    return new ModelDirectory(path);
  }

  /// A file that may be there.
  Optional<Path> find(String name) throws FormatException {
    if (name.isEmpty() || name.startsWith(".") || !name.matches("[^/\\\\:\\x00]+")) {
      throw new FormatException("%s: \"%s\" is not a plain file name".formatted(path, name));
    }
    var file = path.resolve(name);
    if (Files.isSymbolicLink(file)) {
      throw new FormatException(
          "%s: is a link; only what lies in the directory itself is read (cp -L copies what links point to)"
              .formatted(file));
    }
    return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
        ? Optional.of(file)
        : Optional.empty();
  }

  /// A file that must be there.
  Path file(String name) throws IOException {
    return find(name)
        .orElseThrow(() -> new FormatException("%s: has no file %s".formatted(path, name)));
  }

  /// The object in a JSON file that must be there.
  JsonFields json(String name) throws IOException {
    return json(file(name));
  }

  /// The object in a JSON file that may be there.
  Optional<JsonFields> findJson(String name) throws IOException {
    var file = find(name);
    return file.isPresent() ? Optional.of(json(file.get())) : Optional.empty();
  }

  private static JsonFields json(Path file) throws IOException {
    if (Files.size(file) > MAX_JSON) {
      throw new FormatException(
          "%s: is larger than the %d bytes it may have".formatted(file, MAX_JSON));
    }
    var source = file.toString();
    return JsonFields.of(source, "the file", Json.read(source, Files.readAllBytes(file)));
  }
}
