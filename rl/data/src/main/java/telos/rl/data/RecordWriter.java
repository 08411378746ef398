package telos.rl.data;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import telos.nn.format.AtomicFiles;
import telos.nn.format.TfRecord;

/// Appends to a file that [RecordFile] reads. What was appended stays, whatever happens to the
/// process later; one writer at a time.
public final class RecordWriter implements Episodes.Sink, AutoCloseable {
  private static final System.Logger LOG = System.getLogger(RecordWriter.class.getName());

  private final Header header;
  private final FileChannel channel;

  private RecordWriter(Path file, Header header) throws IOException {
    this.header = header;
    this.channel = FileChannel.open(file, StandardOpenOption.WRITE);
  }

  /// Begins a new file.
  ///
  /// @throws FileAlreadyExistsException when there is one
  public static RecordWriter create(Path file, Header header) throws IOException {
    if (Files.exists(file)) {
      throw new FileAlreadyExistsException(
          "%s: there is such a file already; append to it or give another name".formatted(file));
    }
    AtomicFiles.write(file, out -> TfRecord.write(out, RecordMessages.record(header)));
    return at(file, header, Files.size(file));
  }

  /// Goes on with a file, after its last whole record: one that was cut short is removed, with a
  /// warning.
  ///
  /// @throws telos.nn.format.FormatException when the file is damaged elsewhere
  public static RecordWriter append(Path file) throws IOException {
    RecordFile written = RecordFile.open(file);
    long end = written.read(_ -> {});
    if (end < Files.size(file)) {
      LOG.log(Level.WARNING, RecordFile.torn(file, end));
    }
    return at(file, written.header(), end);
  }

  private static RecordWriter at(Path file, Header header, long end) throws IOException {
    var writer = new RecordWriter(file, header);
    writer.channel.truncate(end).position(end);
    return writer;
  }

  /// Whose episodes the file takes.
  public Header header() {
    return header;
  }

  /// Appends an item.
  ///
  /// @throws IllegalArgumentException when it is not of the spaces of the header
  public void write(Item item) throws IOException {
    item.episodes().forEach(header::require);
    byte[] record = RecordMessages.record(item);
    long end = channel.position();
    try {
      TfRecord.write(Channels.newOutputStream(channel), record);
    } catch (IOException e) {
      channel.truncate(end); // half a record in the middle would hide all that come after
      throw e;
    }
  }

  @Override
  public void accept(Episode episode) throws IOException {
    write(episode);
  }

  /// Forces everything to the disk.
  @Override
  public void close() throws IOException {
    if (channel.isOpen()) {
      channel.force(true);
      channel.close();
    }
  }
}
