package telos.devices.opencl;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;

/// Compiled programs on disk, found again by the SHA-256 of source, options, device and driver. An
/// entry is its own SHA-256 and the driver's binary; what does not verify is built anew. Several
/// processes may share the folder: entries appear whole or not at all.
///
/// The folder is `opencl` in `TELOS_CACHE`, or else in the platform's folder for caches.
final class ProgramCache {
  private static final System.Logger LOG = System.getLogger("telos.devices.opencl");
  private static final int DIGEST = 32;

  /// An entry of more bytes is not ours.
  private static final long LARGEST = 256L << 20;

  private final Path folder;
  private final String machine;

  ProgramCache(Path folder, Hardware hardware) {
    this.folder = folder;
    this.machine =
        String.join(
            "\n", hardware.platform(), hardware.name(), hardware.version(), hardware.driver());
  }

  static ProgramCache of(Hardware hardware) {
    return new ProgramCache(folder().resolve("opencl"), hardware);
  }

  private static Path folder() {
    return variable("TELOS_CACHE").orElseGet(() -> platformFolder().resolve("telos"));
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

  /// The name of a program's entry.
  String key(String text, String options) {
    String all = String.join("\0", machine, options, text);
    return HexFormat.of().formatHex(sha256(all.getBytes(StandardCharsets.UTF_8)));
  }

  Optional<byte[]> find(String key) {
    Path file = folder.resolve(key);
    try {
      byte[] entry = Files.size(file) > LARGEST ? new byte[0] : Files.readAllBytes(file);
      byte[] binary = Arrays.copyOfRange(entry, Math.min(DIGEST, entry.length), entry.length);
      if (entry.length > DIGEST && Arrays.equals(sha256(binary), Arrays.copyOf(entry, DIGEST))) {
        return Optional.of(binary);
      }
      LOG.log(
          System.Logger.Level.WARNING, "the cached program {0} is damaged; building it anew", file);
    } catch (NoSuchFileException _) {
      return Optional.empty();
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "cannot read the cached program " + file, e);
    }
    return Optional.empty();
  }

  /// A cache that cannot be written to costs time, nothing else.
  void store(String key, byte[] binary) {
    Path target = folder.resolve(key);
    Path sibling = folder.resolve(key + ".tmp-" + ProcessHandle.current().pid());
    try {
      Files.createDirectories(folder);
      try (FileChannel channel =
          FileChannel.open(
              sibling,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE)) {
        write(channel, sha256(binary));
        write(channel, binary);
        channel.force(true);
      }
      Files.move(
          sibling, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "cannot keep the compiled program " + target, e);
      sibling.toFile().delete();
    }
  }

  private static void write(FileChannel channel, byte[] bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
