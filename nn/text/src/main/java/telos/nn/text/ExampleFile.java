package telos.nn.text;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;
import telos.nn.format.FormatException;

/// The examples of a file, read one after the other: JSON lines (`.jsonl`, `.json`, `.ndjson`), or
/// else plain text, which is cut at line ends into parts of at least 4 KiB. Both may be gzip
/// (`.gz`). Empty lines of JSON are passed over.
final class ExampleFile implements AutoCloseable {
  private static final Pattern JSON = Pattern.compile(".*\\.(jsonl|json|ndjson)(\\.gz)?");
  private static final int PART = 1 << 12;

  private final DataLines lines;
  private final boolean json;

  private ExampleFile(DataLines lines, boolean json) {
    this.lines = lines;
    this.json = json;
  }

  static ExampleFile open(Path file) throws IOException {
    return new ExampleFile(
        DataLines.open(file), JSON.matcher(file.getFileName().toString()).matches());
  }

  /// An example and where it stands.
  record Placed(Example example, DataLines.Place place) {}

  /// Where the next example begins, or before.
  DataLines.Place place() {
    return lines.place();
  }

  void seek(DataLines.Place place) throws IOException {
    lines.seek(place);
  }

  /// What to call an example in an error.
  String name(DataLines.Place place) {
    return lines.name(place);
  }

  /// The next example; empty at the end of the file.
  ///
  /// @throws FormatException for the first malformed line, with file and line
  Optional<Placed> next() throws IOException {
    return json ? nextLine() : nextPart();
  }

  private Optional<Placed> nextLine() throws IOException {
    var line = lines.next();
    while (line.isPresent() && line.get().isBlank()) {
      line = lines.next();
    }
    if (line.isEmpty()) {
      return Optional.empty();
    }
    var place = line.get().place();
    return Optional.of(new Placed(Example.read(lines.name(place), line.get().bytes()), place));
  }

  private Optional<Placed> nextPart() throws IOException {
    var place = lines.place();
    var bytes = new ByteArrayOutputStream();
    while (bytes.size() < PART) {
      var line = lines.next();
      if (line.isEmpty()) {
        break;
      }
      bytes.write(line.get().bytes());
    }
    if (bytes.size() == 0) {
      return Optional.empty();
    }
    return Optional.of(
        new Placed(new Example.Text(utf8(place, bytes.toByteArray()), false), place));
  }

  private String utf8(DataLines.Place place, byte[] bytes) throws FormatException {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new FormatException(
          "%s, or one soon after it: is not well-formed UTF-8".formatted(lines.name(place)), e);
    }
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }
}
