package telos.rl;

import java.util.List;
import java.util.Map;

/// An algorithm at work: it learns by acting, or from what others did, a bit further with each
/// call.
///
/// A run is a pure function of configuration and key: equal ones give equal bits, on any number of
/// threads, also where it was interrupted and went on from a [Snapshot].
public interface Learner extends AutoCloseable {
  /// How far it is, as budgets count it: the steps taken in environments so far; of a learner that
  /// has recorded data only, those of gradient descent.
  long steps();

  /// One iteration: acts, learns.
  ///
  /// @return numbers for logs by name: `return` and `length` (means over the episodes that ended
  ///   during the iteration, absent if none did) and what the algorithm reports of its updates
  Map<String, Double> advance();

  /// What it has learnt so far, as a value that later iterations do not change.
  Policy policy();

  /// What it remembers of its own acting, as episodes and stretches of them; nothing where it keeps
  /// no single steps, or tells them in hindsight.
  default List<Trajectory> remembered() {
    return List.of();
  }

  /// Everything that the next iteration depends on.
  Snapshot snapshot();

  /// Goes on from a snapshot of a learner of the same configuration.
  ///
  /// @throws IllegalArgumentException when it is of another
  void restore(Snapshot snapshot);

  /// Gives back its environments, if it has any; closing twice does nothing.
  @Override
  default void close() {}
}
