package telos.nn.text;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import telos.nn.format.FormatException;
import telos.nn.format.Json;

/// Human preferences in TRL's JSON-lines format, plain or gzip: one object a line with the strings
/// `chosen` and `rejected`, and optionally `prompt`. Without a prompt the two are whole texts and
/// the prompt is what they share ([PreferencePair#of]). Further columns and empty lines are passed
/// over.
public final class PreferenceData {
  private static final int MAX_LINE = 1 << 24;
  private static final long MAX_BYTES = 1L << 31;

  private PreferenceData() {}

  /// All pairs of a file, in its order.
  ///
  /// @throws FormatException at the first malformed line: file, line number, what is missing; also
  ///   when a line has more than 16 MiB or the data more than 2 GiB, uncompressed
  public static List<PreferencePair> read(Path file) throws IOException {
    var pairs = new ArrayList<PreferencePair>();
    int number = 0;
    try (var in = open(file)) {
      long total = 0;
      for (var line = line(file, in, 1); line.length > 0; line = line(file, in, number + 1)) {
        number++;
        total += line.length;
        if (total > MAX_BYTES) {
          throw new FormatException("%s: has more than 2 GiB of data".formatted(file));
        }
        if (!isBlank(line)) {
          pairs.add(pair("%s, line %d".formatted(file, number), line));
        }
      }
    } catch (ZipException | EOFException e) {
      throw new FormatException(
          "%s: the gzip data is damaged after line %d: %s".formatted(file, number, e.getMessage()),
          e);
    }
    if (pairs.isEmpty()) {
      throw new FormatException("%s: has no pair".formatted(file));
    }
    return List.copyOf(pairs);
  }

  private static InputStream open(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new IOException("cannot read %s: no such file".formatted(file));
    }
    var in = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
    try {
      in.mark(2);
      boolean gzip = in.read() == 0x1f && in.read() == 0x8b;
      in.reset();
      return gzip ? new BufferedInputStream(new GZIPInputStream(in), 1 << 16) : in;
    } catch (IOException e) {
      in.close();
      throw e;
    }
  }

  /// The next line with its line feed; empty at the end of the data.
  private static byte[] line(Path file, InputStream in, int number) throws IOException {
    var line = new ByteArrayOutputStream();
    for (int b = in.read(); b >= 0; b = in.read()) {
      line.write(b);
      if (b == '\n') {
        break;
      }
      if (line.size() == MAX_LINE) {
        throw new FormatException("%s, line %d: is longer than 16 MiB".formatted(file, number));
      }
    }
    return line.toByteArray();
  }

  private static boolean isBlank(byte[] line) {
    for (byte b : line) {
      if (b != ' ' && b != '\t' && b != '\r' && b != '\n') {
        return false;
      }
    }
    return true;
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
