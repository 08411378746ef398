package telos.nn.format;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import telos.tensor.Tensor;

/// All that a run needs in order to go on: groups of named tensors (weights, optimiser state, ...)
/// and a small JSON object (configuration, counters of random keys, cursors).
///
/// On disk it is the directory `step-NNNNNNNN` with one safetensors file per group, `state.json`,
/// and `manifest.json` with the size and SHA-256 of each, written last. The directory is filled
/// under a temporary name, every file forced, then renamed and its parent forced: at any moment,
/// also after a kill or on a full disk, what exists under the final name is complete, and older
/// ones are intact.
///
/// @param step the step it was taken at, 0 or more
/// @param groups group name to tensors by name
/// @param state scalars; numbers keep their digits
public record Checkpoint(long step, Map<String, Map<String, Tensor>> groups, Json.Obj state) {
  private static final System.Logger LOG = System.getLogger(Checkpoint.class.getName());
  private static final Pattern DIRECTORY = Pattern.compile("step-(\\d{8,18})");
  private static final Pattern LEFTOVER = Pattern.compile("step-\\d{8,18}\\.tmp-[0-9a-f]{16}");
  private static final Pattern GROUP = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}");

  /// Checks step and names and copies the maps, keeping their order.
  ///
  /// @throws IllegalArgumentException for a negative step or a group name that is not a plain name
  public Checkpoint {
    if (step < 0) {
      throw new IllegalArgumentException(
          "a checkpoint's step is 0 or more, not %d".formatted(step));
    }
    for (var name : groups.keySet()) {
      if (!GROUP.matcher(name).matches()) {
        throw new IllegalArgumentException(
            "\"%s\" cannot name a group of tensors; use letters, digits, '.', '_' and '-'"
                .formatted(name));
      }
    }
    groups = Collections.unmodifiableMap(new LinkedHashMap<>(groups));
  }

  /// The tensors of a group.
  ///
  /// @throws IllegalArgumentException when there is no such group, naming those there are
  public Map<String, Tensor> group(String name) {
    var tensors = groups.get(name);
    if (tensors == null) {
      throw new IllegalArgumentException(
          "the checkpoint of step %d has no group \"%s\"; it has %s"
              .formatted(step, name, groups.keySet()));
    }
    return tensors;
  }

  /// Writes this checkpoint into `directory`, which is made if it does not exist, then removes all
  /// but the newest `keep` checkpoints there, provided that the new one verifies.
  ///
  /// @return the checkpoint's own directory
  /// @throws IOException one sentence that names directory and cause; older checkpoints are then
  ///   intact
  public Path save(Path directory, int keep) throws IOException {
    if (keep < 1) {
      throw new IllegalArgumentException("keep at least 1 checkpoint, not %d".formatted(keep));
    }
    var target = directory.resolve("step-%08d".formatted(step));
    try {
      Files.createDirectories(directory);
      removeLeftovers(directory);
      if (Files.exists(target)) {
        clear(target);
      }
      fill(target);
      rotate(directory, target, keep);
    } catch (IOException e) {
      throw new IOException(
          "cannot write checkpoint %s: %s; older checkpoints are intact"
              .formatted(target, AtomicFiles.reason(e)),
          e);
    }
    return target;
  }

  /// A whole checkpoint of the same step is not replaced: both renames of a replacement could be
  /// parted by a crash. A damaged one makes room.
  private static void clear(Path target) throws IOException {
    if (Manifest.fault(target).isEmpty()) {
      throw new FileAlreadyExistsException(
          target.toString(), null, "it exists already; resume from it or choose another directory");
    }
    remove(target);
  }

  private void fill(Path target) throws IOException {
    var unfinished = AtomicFiles.sibling(target);
    try {
      Files.createDirectory(unfinished);
      writeFiles(unfinished);
      AtomicFiles.forceDirectory(unfinished);
      Files.move(unfinished, target, StandardCopyOption.ATOMIC_MOVE);
      AtomicFiles.forceDirectory(AtomicFiles.directoryOf(target.toAbsolutePath()));
    } catch (IOException | RuntimeException e) {
      AtomicFiles.discard(unfinished, e);
      throw e;
    }
  }

  private void writeFiles(Path directory) throws IOException {
    var names = new ArrayList<String>();
    for (var group : groups.entrySet()) {
      var name = group.getKey() + ".safetensors";
      AtomicFiles.writeForced(
          directory.resolve(name),
          out -> SafeTensors.write(out, group.getValue(), StoredType.F32, SafeTensors.PYTORCH));
      names.add(name);
    }
    writeText(directory.resolve("state.json"), state.text());
    names.add("state.json");
    writeText(directory.resolve(Manifest.NAME), Manifest.of(directory, step, names).text());
  }

  private static void writeText(Path file, String text) throws IOException {
    AtomicFiles.writeForced(file, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
  }

  private static void rotate(Path directory, Path newest, int keep) throws IOException {
    var all = newestFirst(directory);
    if (all.size() <= keep || Manifest.fault(newest).isPresent()) {
      return;
    }
    for (var old : all.subList(keep, all.size())) {
      if (!old.equals(newest)) {
        remove(old);
      }
    }
  }

  /// Renames first, so that a kill in the middle leaves no half of a checkpoint under its name.
  private static void remove(Path checkpoint) throws IOException {
    var leftover = AtomicFiles.sibling(checkpoint);
    Files.move(checkpoint, leftover, StandardCopyOption.ATOMIC_MOVE);
    delete(leftover);
  }

  private static void removeLeftovers(Path directory) throws IOException {
    for (var path : matching(directory, LEFTOVER)) {
      delete(path);
    }
  }

  private static void delete(Path flatDirectory) throws IOException {
    try (var files = Files.list(flatDirectory)) {
      for (var file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(flatDirectory);
  }

  /// The newest checkpoint in `directory` whose manifest verifies, loaded on the current device;
  /// empty if there is none. Damaged ones are passed over with a warning in the log.
  ///
  /// @throws IOException when a verified checkpoint cannot be read
  public static Optional<Checkpoint> newest(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return Optional.empty();
    }
    for (var candidate : newestFirst(directory)) {
      var fault = Manifest.fault(candidate);
      if (fault.isEmpty()) {
        return Optional.of(load(candidate));
      }
      LOG.log(System.Logger.Level.WARNING, "passed over checkpoint {0}", fault.get());
    }
    return Optional.empty();
  }

  /// Loads the checkpoint in its own directory `step-NNNNNNNN`.
  ///
  /// @throws FormatException when its manifest does not verify, or a file is malformed
  public static Checkpoint load(Path checkpoint) throws IOException {
    var fault = Manifest.fault(checkpoint);
    if (fault.isPresent()) {
      throw new FormatException(fault.get());
    }
    var manifest = Manifest.read(checkpoint);
    var groups = new LinkedHashMap<String, Map<String, Tensor>>();
    for (var name : manifest.files().keySet()) {
      if (name.endsWith(".safetensors")) {
        groups.put(
            name.substring(0, name.length() - ".safetensors".length()),
            SafeTensors.read(checkpoint.resolve(name)));
      }
    }
    var file = checkpoint.resolve("state.json");
    if (Json.read(file.toString(), Files.readAllBytes(file)) instanceof Json.Obj state) {
      return new Checkpoint(manifest.step(), groups, state);
    }
    throw new FormatException("%s: is not a JSON object".formatted(file));
  }

  /// What is wrong with a checkpoint's own directory, in one sentence; empty if every file is there
  /// with the size and digest that its manifest states.
  public static Optional<String> fault(Path checkpoint) {
    return Manifest.fault(checkpoint);
  }

  private static List<Path> newestFirst(Path directory) throws IOException {
    var paths = new ArrayList<>(matching(directory, DIRECTORY));
    paths.sort(Comparator.comparingLong(Checkpoint::stepOf).reversed());
    return paths;
  }

  private static long stepOf(Path checkpoint) {
    return Long.parseLong(checkpoint.getFileName().toString().substring("step-".length()));
  }

  private static List<Path> matching(Path directory, Pattern name) throws IOException {
    try (var paths = Files.list(directory)) {
      return paths
          .filter(p -> name.matcher(p.getFileName().toString()).matches())
          .filter(p -> Files.isDirectory(p, java.nio.file.LinkOption.NOFOLLOW_LINKS))
          .toList();
    }
  }
}
