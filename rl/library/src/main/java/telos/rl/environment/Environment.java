package telos.rl.environment;

import telos.tensor.Rng;

/// A process that an agent acts in, one episode after the other; the semantics are those of
/// Gymnasium. Not safe for use by several threads at once.
///
/// All randomness of an episode comes from the key it is reset with: equal keys and actions give
/// equal bits, on any machine, whatever episodes came before.
///
/// @param <O> observations
/// @param <A> actions
public interface Environment<O, A> extends AutoCloseable {
  /// Where observations lie.
  Space<O> observations();

  /// Where actions lie.
  Space<A> actions();

  /// Begins an episode.
  ///
  /// @return the first observation
  O reset(Rng key);

  /// Acts once.
  ///
  /// @throws IllegalArgumentException for what is no action
  /// @throws IllegalStateException before the first reset, and after an episode's end until the
  ///   next
  Step<O> step(A action);

  /// An environment whose state can be read and set.
  ///
  /// @param <O> observations
  /// @param <A> actions
  interface Restorable<O, A> extends Environment<O, A> {
    /// All that the rest of the episode depends on, the clock of a time limit and the state of the
    /// random numbers included.
    State state();

    /// Goes on from a state of this environment or of an equal one.
    ///
    /// @return the observation in that state
    O restore(State state);

    /// As [#restore(State)], but from there on chance is drawn from another key: for planners, who
    /// ask what may follow a state, not what will.
    ///
    /// @throws UnsupportedOperationException where chance cannot be drawn anew
    default O restore(State state, Rng chance) {
      throw new UnsupportedOperationException(
          getClass().getSimpleName() + " cannot draw the chance that follows a state anew");
    }
  }

  /// The state of a [Restorable] environment as plain numbers, so that it can be written to any
  /// file.
  ///
  /// @param values of the process
  /// @param counters clocks and random keys
  @SuppressWarnings("ArrayRecordComponent") // compared by identity
  record State(double[] values, long[] counters) {}

  /// Gives back what it holds; closing twice does nothing.
  @Override
  default void close() {}
}
