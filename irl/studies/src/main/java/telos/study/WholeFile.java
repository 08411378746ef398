package telos.study;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/// Files that appear whole or not at all: written beside their place, forced to the disk, then
/// renamed.
final class WholeFile {

  interface Writer {
    void write(Path file) throws IOException;
  }

  private WholeFile() {}

  static void write(Path file, byte[] content) throws IOException {
    write(
        file,
        sibling -> {
          try (var channel =
              FileChannel.open(sibling, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            var buffer = ByteBuffer.wrap(content);
            while (buffer.hasRemaining()) {
              channel.write(buffer);
            }
          }
        });
  }

  /// The writer fills a temporary sibling.
  static void write(Path file, Writer writer) throws IOException {
    Path absolute = file.toAbsolutePath();
    Path sibling = absolute.resolveSibling("." + absolute.getFileName() + "." + UUID.randomUUID());
    try {
      writer.write(sibling);
      try (var channel = FileChannel.open(sibling, StandardOpenOption.WRITE)) {
        channel.force(true);
      }
      Files.move(
          sibling, absolute, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(sibling);
    }
  }
}
