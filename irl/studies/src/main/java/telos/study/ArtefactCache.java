package telos.study;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import telos.nn.format.AtomicFiles;

/// Expensive intermediate results (a base model, a data set, an expert) on disk, found again by kind,
/// configuration, seed and code version. An entry is a file and a manifest with its SHA-256; what
/// does not verify, or does not load, is made anew. Several threads and processes may share a cache.
///
///     Gpt base = cache.artefact("base-model", config, seed, format, () -> pretrain(config, seed));
public final class ArtefactCache {
  private static final System.Logger LOG = System.getLogger(ArtefactCache.class.getName());

  /// How artefacts of one type are stored in a file.
  public interface Format<T> {
    /// Writes the artefact to a file, replacing what may be there.
    void write(T artefact, Path file) throws IOException;

    /// Reads what [#write] wrote; throws [IOException] for anything else.
    T read(Path file) throws IOException;
  }

  private final Path directory;
  private final String codeVersion;
  private final Map<String, Object> locks = new ConcurrentHashMap<>();

  /// A cache for the code that is running.
  public ArtefactCache(Path directory) {
    this(directory, CodeVersion.current());
  }

  /// A cache for a given code version.
  public ArtefactCache(Path directory, String codeVersion) {
    this.directory = directory;
    this.codeVersion = codeVersion;
  }

  /// The cached artefact, or what `make` returns, which is then stored. It is made once even when
  /// several threads ask for it. The artefact is read anew for each caller, so that seeds on
  /// different devices share no tensor; `make`'s own result is given to the one who made it.
  ///
  /// @param kind what it is, in letters, digits and hyphens: a folder of the cache
  /// @param config everything its content depends on, apart from seed and code
  public <T> T artefact(String kind, Record config, long seed, Format<T> format, Callable<T> make)
      throws Exception {
    String key = kind + " " + Canonical.text(config) + " seed " + seed + " code " + codeVersion;
    Path file = directory.resolve(kind).resolve(Digest.of(key).substring(0, 32));
    synchronized (locks.computeIfAbsent(key, _ -> new Object())) {
      Optional<T> found = load(file, key, format);
      if (found.isPresent()) {
        return found.get();
      }
      T made = make.call();
      store(file, key, format, made);
      return made;
    }
  }

  private <T> Optional<T> load(Path file, String key, Format<T> format) {
    Path manifest = manifest(file);
    if (!Files.exists(manifest)) {
      return Optional.empty();
    }
    try {
      Map<String, Object> entry = JSON.std.mapFrom(Files.readString(manifest));
      if (!key.equals(entry.get("key")) || !Digest.of(file).equals(entry.get("sha256"))) {
        throw new IOException("it does not match its manifest");
      }
      return Optional.of(format.read(file));
    } catch (IOException | RuntimeException e) {
      LOG.log(
          System.Logger.Level.WARNING,
          () -> "Cache entry %s is unusable and is made anew: %s".formatted(file, e.getMessage()));
      return Optional.empty();
    }
  }

  /// The manifest is written last: an entry exists once its manifest does.
  private <T> void store(Path file, String key, Format<T> format, T artefact) throws IOException {
    Files.createDirectories(manifest(file).toAbsolutePath().getParent());
    Files.deleteIfExists(manifest(file));
    format.write(artefact, file);
    var entry = new LinkedHashMap<String, Object>();
    entry.put("key", key);
    entry.put("sha256", Digest.of(file));
    byte[] manifest = JSON.std.asString(entry).getBytes(StandardCharsets.UTF_8);
    AtomicFiles.write(manifest(file), out -> out.write(manifest));
  }

  private static Path manifest(Path file) {
    return file.resolveSibling(file.getFileName() + ".json");
  }
}
