package telos.rl.data;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import telos.rl.Trajectory;

/// Episodes in a file, one in memory at a time.
public interface Episodes extends AutoCloseable {
  /// What they are and where they come from.
  Header header();

  /// Shows every episode, in the order of the file.
  ///
  /// @throws telos.nn.format.FormatException when the file is not what it claims to be
  void forEach(Sink sink) throws IOException;

  /// All of them, in memory, as what algorithms learn from.
  ///
  /// @throws IllegalArgumentException when a space is neither a box nor discrete
  default List<Trajectory> trajectories() throws IOException {
    var trajectories = new ArrayList<Trajectory>();
    forEach(episode -> trajectories.add(header().trajectory(episode)));
    return trajectories;
  }

  @Override
  default void close() {}

  /// Takes episodes, one after the other.
  @FunctionalInterface
  interface Sink {
    void accept(Episode episode) throws IOException;
  }
}
