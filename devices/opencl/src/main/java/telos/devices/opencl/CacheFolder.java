package telos.devices.opencl;

import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Optional;

/// The folder of what is found again by the next process. Several processes may share it: files
/// appear whole or not at all.
///
/// @param path need not exist
record CacheFolder(Path path) {
  /// Between the name of a file and the process and thread that are still writing it.
  private static final String UNFINISHED = ".tmp-";

  /// After this time an unfinished file is one of a process that was killed.
  private static final Duration PATIENCE = Duration.ofHours(1);

  /// `opencl` in `TELOS_CACHE`, or else in the platform's folder for caches.
  static CacheFolder standard() {
    Path all = variable("TELOS_CACHE").orElseGet(() -> platformFolder().resolve("telos"));
    return new CacheFolder(all.resolve("opencl"));
  }

  private static Path platformFolder() {
    Path home = Path.of(System.getProperty("user.home", "."));
    String system = System.getProperty("os.name", "");
    if (system.startsWith("Windows")) {
      return variable("LOCALAPPDATA").orElseGet(() -> home.resolve("AppData").resolve("Local"));
    }
    return system.startsWith("Mac")
        ? home.resolve("Library").resolve("Caches")
        : variable("XDG_CACHE_HOME").orElseGet(() -> home.resolve(".cache"));
  }

  private static Optional<Path> variable(String name) {
    return Optional.ofNullable(System.getenv(name)).filter(v -> !v.isBlank()).map(Path::of);
  }

  Path file(String name) {
    return path.resolve(name);
  }

  /// Writes a file, in the place of one of its name.
  void write(String name, byte[]... parts) throws IOException {
    long thread = Thread.currentThread().threadId();
    Path sibling = file(name + UNFINISHED + ProcessHandle.current().pid() + "-" + thread);
    Files.createDirectories(path);
    sweep();
    try {
      try (FileChannel channel =
          FileChannel.open(
              sibling,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE)) {
        for (byte[] part : parts) {
          write(channel, part);
        }
        channel.force(true);
      }
      Files.move(
          sibling, file(name), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(sibling);
    }
  }

  private static void write(FileChannel channel, byte[] bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }

  /// Removes what killed processes have not finished.
  private void sweep() {
    long since = System.currentTimeMillis() - PATIENCE.toMillis();
    File[] unfinished = path.toFile().listFiles((_, name) -> name.contains(UNFINISHED));
    for (File file : unfinished == null ? new File[0] : unfinished) {
      if (file.lastModified() < since) {
        file.delete();
      }
    }
  }
}
