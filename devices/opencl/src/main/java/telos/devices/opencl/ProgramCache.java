package telos.devices.opencl;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;

/// Compiled programs on disk, found again by the SHA-256 of source, options, device and driver. An
/// entry is its own SHA-256 and the driver's binary; what does not verify is built anew.
final class ProgramCache {
  private static final System.Logger LOG = System.getLogger("telos.devices.opencl");
  private static final int DIGEST = 32;

  /// An entry of more bytes is not ours.
  private static final long LARGEST = 256L << 20;

  private final CacheFolder folder;
  private final String machine;

  ProgramCache(CacheFolder folder, Hardware hardware) {
    this.folder = folder;
    this.machine =
        String.join(
            "\n", hardware.platform(), hardware.name(), hardware.version(), hardware.driver());
  }

  static ProgramCache of(Hardware hardware) {
    return new ProgramCache(CacheFolder.standard(), hardware);
  }

  /// The name of a program's entry.
  String key(String text, String options) {
    String all = String.join("\0", machine, options, text);
    return HexFormat.of().formatHex(sha256(all.getBytes(StandardCharsets.UTF_8)));
  }

  Optional<byte[]> find(String key) {
    Path file = folder.file(key);
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
    try {
      folder.write(key, sha256(binary), binary);
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "cannot keep the compiled program " + folder.file(key), e);
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
