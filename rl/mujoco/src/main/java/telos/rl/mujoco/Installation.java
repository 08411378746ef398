package telos.rl.mujoco;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The search for MuJoCo on this machine.
///
/// @param library what was found
/// @param fault why nothing was, in one sentence; empty if something was
record Installation(Optional<Native> library, String fault) {
  private static final Pattern NAME =
      Pattern.compile("libmujoco(\\.so(\\.[23](\\.\\d+)*)?|(\\.[23](\\.\\d+)*)?\\.dylib)");
  private static final String ADVICE =
      "install the Debian package libmujoco2.2.2 (apt-get install libmujoco2.2.2), or set"
          + " TELOS_MUJOCO to the file of a MuJoCo library";

  /// What `TELOS_MUJOCO` names, a library or its folder; else the first that can be used in the
  /// places where libraries are.
  static Installation find(@Nullable String setting) {
    List<Path> files = setting == null ? installed() : named(Path.of(setting));
    if (files.isEmpty()) {
      String where = setting == null ? "is not installed" : "is not at TELOS_MUJOCO=" + setting;
      return new Installation(
          Optional.empty(), "mujoco: the MuJoCo library " + where + "; " + ADVICE);
    }
    String fault = "";
    for (Path file : files) {
      try {
        return new Installation(Optional.of(Native.open(file)), "");
      } catch (IllegalStateException e) {
        fault = fault.isEmpty() ? "mujoco: " + e.getMessage() : fault;
      }
    }
    return new Installation(Optional.empty(), fault);
  }

  private static List<Path> named(Path place) {
    if (Files.isDirectory(place)) {
      return libraries(place);
    }
    return Files.exists(place) ? List.of(place.toAbsolutePath()) : List.of();
  }

  private static List<Path> installed() {
    List<Path> files = new ArrayList<>();
    for (Path folder : folders()) {
      files.addAll(libraries(folder));
    }
    return files;
  }

  /// The MuJoCo libraries in a folder, oldest version first: results repeat only within a version,
  /// and the oldest is the one that telos is tested with.
  private static List<Path> libraries(Path folder) {
    return entries(folder, file -> NAME.matcher(String.valueOf(file.getFileName())).matches());
  }

  private static List<Path> folders() {
    List<Path> folders = new ArrayList<>();
    for (String root : List.of("/usr/lib", "/usr/local/lib", "/lib")) {
      folders.addAll(entries(Path.of(root), file -> file.toString().contains("-linux-")));
      folders.add(Path.of(root));
    }
    folders.add(Path.of("/usr/lib64"));
    folders.add(Path.of("/opt/homebrew/lib"));
    Path home = Path.of(System.getProperty("user.home"));
    for (Path root : List.of(Path.of("/opt"), home, home.resolve(".mujoco"))) {
      for (Path unpacked : entries(root, file -> file.toString().contains("mujoco"))) {
        folders.add(unpacked.resolve("lib"));
      }
    }
    return folders;
  }

  private static List<Path> entries(Path folder, DirectoryStream.Filter<Path> filter) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    List<Path> entries = new ArrayList<>();
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder, filter)) {
      stream.forEach(entries::add);
    } catch (IOException _) {
      return List.of(); // a folder that may not be read holds nothing for us
    }
    entries.sort(Comparator.naturalOrder());
    return entries;
  }
}
