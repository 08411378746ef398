package telos.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import telos.rl.Trajectory;
import telos.rl.data.D4rl;
import telos.rl.data.Episodes;
import telos.rl.data.Minari;
import telos.rl.data.RecordFile;
import telos.rl.environment.Environment;
import telos.rl.environment.Environments;
import telos.rl.offline.Dataset;

/// Recorded data by path: a directory of Minari, an HDF5 file of D4RL (`.hdf5`, `.h5`), or a file
/// of telos' own records.
public final class Recordings {
  private Recordings() {}

  /// Opens a recording.
  ///
  /// @throws IOException when there is none, or it is not what it claims to be
  public static Episodes open(Path path) throws IOException {
    if (Files.isDirectory(path)) {
      return Minari.open(path);
    }
    if (!Files.isRegularFile(path)) {
      throw new IOException("There is no recording '%s'".formatted(path));
    }
    String name = String.valueOf(path.getFileName()).toLowerCase(Locale.ROOT);
    return name.endsWith(".hdf5") || name.endsWith(".h5") ? D4rl.open(path) : RecordFile.open(path);
  }

  /// Several recordings of one environment, one after the other.
  ///
  /// @throws IOException also when their observations or actions are not the environment's
  static Dataset of(List<Path> paths, String environment) throws IOException {
    List<Trajectory> trajectories = new ArrayList<>();
    for (Path path : paths) {
      try (Episodes episodes = open(path)) {
        trajectories.addAll(episodes.trajectories());
      } catch (IllegalArgumentException e) {
        throw new IOException("%s: %s".formatted(path, e.getMessage()), e);
      }
    }
    try {
      return of(environment, trajectories);
    } catch (IllegalArgumentException e) {
      throw new IOException(
          "%s do not fit %s: %s".formatted(paths, environment, e.getMessage()), e);
    }
  }

  /// Nothing recorded, of the spaces of an environment.
  static Dataset none(String environment) {
    return of(environment, List.of());
  }

  private static Dataset of(String environment, List<Trajectory> trajectories) {
    try (Environment<?, ?> sample = Environments.of(environment)) {
      return new Dataset(sample.observations(), sample.actions(), trajectories);
    }
  }
}
