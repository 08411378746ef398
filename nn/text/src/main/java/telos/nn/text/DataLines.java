package telos.nn.text;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import telos.nn.format.FormatException;

/// The lines of a file of data, plain or gzip, each with its place, to which one can return.
final class DataLines implements AutoCloseable {
  private static final int MAX_LINE = 1 << 24;

  private final Path file;
  private InputStream in;
  private Place next = Place.START;

  private DataLines(Path file, InputStream in) {
    this.file = file;
    this.in = in;
  }

  /// Where a line begins.
  ///
  /// @param offset bytes before it, uncompressed
  /// @param line its number, from 1
  record Place(long offset, long line) {
    static final Place START = new Place(0, 1);
  }

  /// A line with its line feed.
  record Line(Place place, byte[] bytes) {
    boolean isBlank() {
      for (byte b : bytes) {
        if (b != ' ' && b != '\t' && b != '\r' && b != '\n') {
          return false;
        }
      }
      return true;
    }
  }

  static DataLines open(Path file) throws IOException {
    return new DataLines(file, stream(file));
  }

  private static InputStream stream(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new IOException("cannot read %s: no such file".formatted(file));
    }
    var in = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
    try {
      in.mark(2);
      boolean gzip = in.read() == 0x1f && in.read() == 0x8b;
      in.reset();
      return gzip ? new BufferedInputStream(new GZIPInputStream(in), 1 << 16) : in;
    } catch (ZipException | EOFException e) {
      in.close();
      throw damaged(file, 0, e);
    } catch (IOException e) {
      in.close();
      throw e;
    }
  }

  private static FormatException damaged(Path file, long line, IOException e) {
    return new FormatException(
        "%s: the gzip data is damaged after line %d: %s".formatted(file, line, e.getMessage()), e);
  }

  /// What to call a line in an error.
  String name(Place place) {
    return "%s, line %d".formatted(file, place.line());
  }

  /// Where the next line begins.
  Place place() {
    return next;
  }

  /// Goes to a place, forwards or backwards.
  void seek(Place place) throws IOException {
    if (place.offset() < next.offset()) {
      in.close();
      in = stream(file);
      next = Place.START;
    }
    try {
      in.skipNBytes(place.offset() - next.offset());
    } catch (EOFException e) {
      throw new FormatException(
          "%s: is shorter than the %d bytes read of it before".formatted(file, place.offset()), e);
    }
    next = place;
  }

  /// The next line; empty at the end of the data.
  ///
  /// @throws FormatException when it has more than 16 MiB, or the compressed data is damaged
  Optional<Line> next() throws IOException {
    var bytes = new ByteArrayOutputStream();
    try {
      for (int b = in.read(); b >= 0; b = in.read()) {
        bytes.write(b);
        if (b == '\n') {
          break;
        }
        if (bytes.size() == MAX_LINE) {
          throw new FormatException("%s: is longer than 16 MiB".formatted(name(next)));
        }
      }
    } catch (ZipException | EOFException e) {
      throw damaged(file, next.line() - 1, e);
    }
    if (bytes.size() == 0) {
      return Optional.empty();
    }
    var line = new Line(next, bytes.toByteArray());
    next = new Place(next.offset() + line.bytes().length, next.line() + 1);
    return Optional.of(line);
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
