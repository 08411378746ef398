package telos.rl.data;

import io.jhdf.HdfFile;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;
import telos.nn.format.FormatException;

/// An HDF5 file that is read with suspicion: whatever the library below does with a malformed one
/// becomes a [FormatException], what a dataset claims to hold is compared with what the file can
/// hold before memory is taken, and links are not followed.
final class Hdf5 implements AutoCloseable {
  private final Path path;
  private final HdfFile file;
  private final long size;

  private Hdf5(Path path, HdfFile file, long size) {
    this.path = path;
    this.file = file;
    this.size = size;
  }

  /// Opens a file. One that fits is mapped: then no size in it leads to an allocation before it has
  /// been compared with the file's.
  static Hdf5 open(Path path) throws IOException {
    if (!Files.isRegularFile(path)) {
      throw new FormatException("%s: there is no such file".formatted(path));
    }
    long size = Files.size(path);
    HdfFile file;
    try (var channel = FileChannel.open(path)) {
      file =
          size > Integer.MAX_VALUE
              ? checked(path, "the file", () -> new HdfFile(path))
              : fromMemory(path, channel.map(FileChannel.MapMode.READ_ONLY, 0, size));
    }
    var opened = new Hdf5(path, file, size);
    long end = file.getHdfBackingStorage().getSuperblock().getEndOfFileAddress();
    if (end > size || end < 0) {
      opened.close();
      throw new FormatException(
          "%s: is cut short: it has %d of its %d bytes".formatted(path, size, end));
    }
    return opened;
  }

  private static HdfFile fromMemory(Path path, java.nio.ByteBuffer bytes) throws FormatException {
    return checked(path, "the file", () -> HdfFile.fromByteBuffer(bytes));
  }

  Hdf5Group root() {
    return new Hdf5Group(this, file, "");
  }

  /// Its bytes.
  long size() {
    return size;
  }

  @Override
  public void close() {
    file.close();
  }

  /// What is wrong, and where.
  FormatException fault(String place, String what) {
    return new FormatException("%s: %s %s".formatted(path, place, what));
  }

  /// What the library below gives, or one sentence about the file instead of whatever it throws.
  ///
  /// @param place of the file that is read
  <T> T checked(String place, Supplier<T> action) throws FormatException {
    return checked(path, place, action);
  }

  private static <T> T checked(Path path, String place, Supplier<T> action) throws FormatException {
    try {
      return action.get();
    } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
      throw new FormatException(
          "%s: %s is no HDF5 that can be read: %s".formatted(path, place, reason(e)), e);
    }
  }

  private static String reason(Throwable e) {
    String message = e.getMessage();
    return message == null || message.isBlank()
        ? e.getClass().getSimpleName()
        : message.lines().findFirst().orElse("");
  }
}
