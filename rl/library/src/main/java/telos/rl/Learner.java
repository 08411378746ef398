package telos.rl;

import java.util.Map;

/// An algorithm at work: it learns by acting, a bit further with each call.
///
/// A run is a pure function of configuration and key: equal ones give equal bits, on any number of
/// threads, also where it was interrupted and went on from a [Snapshot].
public interface Learner extends AutoCloseable {
  /// How many steps were taken in environments so far.
  long interactions();

  /// One iteration: acts, learns.
  ///
  /// @return numbers for logs by name: `return` and `length` (means over the episodes that ended
  ///   during the iteration, absent if none did) and what the algorithm reports of its updates
  Map<String, Double> advance();

  /// What it has learnt so far, as a value that later iterations do not change.
  Policy policy();

  /// Everything that the next iteration depends on.
  Snapshot snapshot();

  /// Goes on from a snapshot of a learner of the same configuration.
  ///
  /// @throws IllegalArgumentException when it is of another
  void restore(Snapshot snapshot);

  /// Gives back its environments; closing twice does nothing.
  @Override
  void close();
}
