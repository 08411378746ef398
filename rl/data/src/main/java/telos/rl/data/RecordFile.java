package telos.rl.data;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import telos.nn.format.FormatException;
import telos.nn.format.TfRecord;

/// A file of records, telos' own format: protocol buffers (the resource `records.proto`) in
/// TFRecord frames, a [Header] first. A last record that was cut short, by the death of the process
/// that appended it, is left out with a warning; damage anywhere else is an error that names the
/// byte.
public final class RecordFile implements Episodes {
  private static final System.Logger LOG = System.getLogger(RecordFile.class.getName());

  private final Path file;
  private final Header header;

  private RecordFile(Path file, Header header) {
    this.file = file;
    this.header = header;
  }

  /// Opens a file; nothing is held until it is read.
  public static RecordFile open(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new FormatException("%s: there is no such file".formatted(file));
    }
    byte[] first =
        TfRecord.first(file)
            .orElseThrow(() -> new FormatException("%s: has no whole header".formatted(file)));
    return new RecordFile(file, reader(file, 0).header(first));
  }

  private static RecordReader reader(Path file, long at) {
    return new RecordReader("%s: the record at byte %d".formatted(file, at));
  }

  @Override
  public Header header() {
    return header;
  }

  /// Takes items, one after the other.
  @FunctionalInterface
  public interface Sink {
    void accept(Item item) throws IOException;
  }

  /// Shows every item, in the order of the file.
  ///
  /// @throws FormatException when a record is damaged or malformed, or holds an episode of other
  ///   spaces than the header's
  public void items(Sink sink) throws IOException {
    long end = read(sink);
    if (end < Files.size(file)) {
      LOG.log(Level.WARNING, torn(file, end));
    }
  }

  /// What to say of a last record that was cut short.
  static String torn(Path file, long at) {
    return "%s: the last record, at byte %d, was cut short and is left out".formatted(file, at);
  }

  /// As [#items], without a word about a last record that was cut short.
  ///
  /// @return the bytes of the whole records
  long read(Sink sink) throws IOException {
    return TfRecord.forEach(
        file,
        (at, record) -> {
          if (at > 0) {
            sink.accept(item(at, record));
          }
        });
  }

  private Item item(long at, byte[] record) throws FormatException {
    Item item = reader(file, at).item(record);
    try {
      item.episodes().forEach(header::require);
    } catch (IllegalArgumentException e) {
      throw new FormatException(
          "%s: the record at byte %d: %s".formatted(file, at, e.getMessage()), e);
    }
    return item;
  }

  /// The episodes of all items, both segments of a preference included.
  @Override
  public void forEach(Episodes.Sink sink) throws IOException {
    items(item -> {
      for (Episode episode : item.episodes()) {
        sink.accept(episode);
      }
    });
  }
}
