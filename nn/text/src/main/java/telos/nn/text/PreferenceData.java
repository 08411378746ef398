package telos.nn.text;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import telos.nn.format.FormatException;
import telos.nn.format.Json;

/// Human preferences in TRL's JSON-lines format, plain or gzip: one object a line with the strings
/// `chosen` and `rejected`, and optionally `prompt`. Without a prompt the two are whole texts and
/// the prompt is what they share ([PreferencePair#of]). Further columns and empty lines are passed
/// over.
public final class PreferenceData {
  private static final long MAX_BYTES = 1L << 31;

  private PreferenceData() {}

  /// All pairs of a file, in its order.
  ///
  /// @throws FormatException at the first malformed line: file, line number, what is missing; also
  ///   when a line has more than 16 MiB or the data more than 2 GiB, uncompressed
  public static List<PreferencePair> read(Path file) throws IOException {
    var pairs = new ArrayList<PreferencePair>();
    try (var lines = DataLines.open(file)) {
      for (var line = lines.next(); line.isPresent(); line = lines.next()) {
        if (lines.place().offset() > MAX_BYTES) {
          throw new FormatException("%s: has more than 2 GiB of data".formatted(file));
        }
        if (!line.get().isBlank()) {
          pairs.add(pair(lines.name(line.get().place()), line.get().bytes()));
        }
      }
    }
    if (pairs.isEmpty()) {
      throw new FormatException("%s: has no pair".formatted(file));
    }
    return List.copyOf(pairs);
  }

  private static PreferencePair pair(String where, byte[] line) throws FormatException {
    if (!(Json.read(where, line) instanceof Json.Obj columns)) {
      throw new FormatException(
          "%s: is not an object with the columns \"chosen\" and \"rejected\"".formatted(where));
    }
    var chosen = text(where, columns, "chosen");
    var rejected = text(where, columns, "rejected");
    return columns.at("prompt") instanceof Json.Null
        ? PreferencePair.of(chosen, rejected)
        : new PreferencePair(text(where, columns, "prompt"), chosen, rejected);
  }

  private static String text(String where, Json.Obj columns, String name) throws FormatException {
    return switch (columns.at(name)) {
      case Json.Str(var text) -> text;
      case Json.Null _ -> throw new FormatException("%s: has no \"%s\"".formatted(where, name));
      case Json.Arr _ ->
          throw new FormatException(
              "%s: \"%s\" is a list of messages; render it to text first".formatted(where, name));
      default -> throw new FormatException("%s: \"%s\" is not a string".formatted(where, name));
    };
  }
}
