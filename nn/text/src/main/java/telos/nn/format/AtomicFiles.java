package telos.nn.format;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Random;
import java.util.random.RandomGenerator;

/// Writes that happen wholly or not at all: into a temporary sibling, forced to the disk, then
/// renamed over the target. A reader sees the old file or the new one, also after a crash or on a
/// full disk.
public final class AtomicFiles {
  /// Writes the content of one file.
  @FunctionalInterface
  public interface Content {
    /// Writes everything; the stream is buffered and closed by the caller.
    void writeTo(OutputStream out) throws IOException;
  }

  private static final RandomGenerator NAMES = new Random();

  private AtomicFiles() {}

  /// Replaces `file` by `content`.
  ///
  /// @throws IOException one sentence that names the file and the cause; the old file is then
  ///   intact
  public static void write(Path file, Content content) throws IOException {
    var target = file.toAbsolutePath();
    var sibling = sibling(target);
    try {
      writeForced(sibling, content);
      Files.move(
          sibling, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      forceDirectory(directoryOf(target));
    } catch (IOException e) {
      discard(sibling, e);
      throw new IOException(
          "cannot write %s: %s; nothing was changed".formatted(file, reason(e)), e);
    } catch (RuntimeException e) {
      discard(sibling, e);
      throw e;
    }
  }

  /// Removes what a failed write left: a file, or a directory of files.
  static void discard(Path unfinished, Exception failure) {
    try {
      if (Files.isDirectory(unfinished)) {
        try (var files = Files.list(unfinished)) {
          for (var file : files.toList()) {
            Files.delete(file);
          }
        }
      }
      Files.deleteIfExists(unfinished);
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }

  /// A new name beside `path` that marks what is there as unfinished.
  static Path sibling(Path path) {
    return path.resolveSibling("%s.tmp-%016x".formatted(path.getFileName(), NAMES.nextLong()));
  }

  /// Writes a new file and forces it to the disk.
  static void writeForced(Path file, Content content) throws IOException {
    try (var channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      var out = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16);
      content.writeTo(out);
      out.flush();
      channel.force(true);
    }
  }

  /// Forces the entries of a directory to the disk, where the system can open directories.
  static void forceDirectory(Path directory) throws IOException {
    try (var channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (AccessDeniedException e) {
      // Windows opens no directories; there a rename is durable by the journal.
      if (!System.getProperty("os.name", "").startsWith("Windows")) {
        throw e;
      }
    }
  }

  /// The directory that holds `absolute`.
  static Path directoryOf(Path absolute) throws IOException {
    var parent = absolute.getParent();
    if (parent == null) {
      throw new IOException("%s is not a file name".formatted(absolute));
    }
    return parent;
  }

  /// Why the system refused, in words; its exceptions often say only the path.
  static String reason(IOException e) {
    return switch (e) {
      case NoSuchFileException _ -> "no such file or directory";
      case AccessDeniedException _ -> "permission denied";
      case NotDirectoryException _ -> "not a directory";
      case FileSystemException f when f.getReason() != null -> f.getReason();
      default -> e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    };
  }
}
