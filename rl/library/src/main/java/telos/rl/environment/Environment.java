package telos.rl.environment;

import java.util.Arrays;
import java.util.Optional;
import telos.rl.scene.Scene;
import telos.tensor.Rng;

/// A process that an agent acts in, one episode after the other; the semantics are those of
/// Gymnasium. Not safe for use by several threads at once.
///
/// Observations are handed out for good: no later step changes an array that an earlier one gave.
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

  /// Which actions of a [Space.Discrete] space make sense now, `[A]` in the space's order, where
  /// some do not; empty where all do. The others are elements of the space all the same: what they
  /// do is the environment's to say. After a step that truncated the episode it still tells what
  /// would make sense.
  default Optional<boolean[]> allowed() {
    return Optional.empty();
  }

  /// How it stands, also at the end of an episode; empty before the first one and where nothing can
  /// be drawn.
  default Optional<Scene> scene() {
    return Optional.empty();
  }

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
    /// @throws IllegalArgumentException for a state of another size
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
  record State(double[] values, long[] counters) {
    /// This state with a wrapper's own at its end.
    public State with(State own) {
      return new State(joined(values, own.values), joined(counters, own.counters));
    }

    private static double[] joined(double[] head, double[] tail) {
      double[] all = Arrays.copyOf(head, head.length + tail.length);
      System.arraycopy(tail, 0, all, head.length, tail.length);
      return all;
    }

    private static long[] joined(long[] head, long[] tail) {
      long[] all = Arrays.copyOf(head, head.length + tail.length);
      System.arraycopy(tail, 0, all, head.length, tail.length);
      return all;
    }

    /// Without the last numbers: what [#with] was called on.
    public State without(int lastValues, int lastCounters) {
      requireAtLeast(lastValues, lastCounters);
      return new State(
          Arrays.copyOf(values, values.length - lastValues),
          Arrays.copyOf(counters, counters.length - lastCounters));
    }

    /// The last numbers: what [#with] was given.
    public State last(int lastValues, int lastCounters) {
      requireAtLeast(lastValues, lastCounters);
      return new State(
          Arrays.copyOfRange(values, values.length - lastValues, values.length),
          Arrays.copyOfRange(counters, counters.length - lastCounters, counters.length));
    }

    private void requireAtLeast(int needed, int neededCounters) {
      require(values.length >= needed && counters.length >= neededCounters, needed, neededCounters);
    }

    /// Refuses a state of another size.
    public State require(int needed, int neededCounters) {
      require(values.length == needed && counters.length == neededCounters, needed, neededCounters);
      return this;
    }

    private void require(boolean fits, int needed, int neededCounters) {
      if (!fits) {
        throw new IllegalArgumentException(
            "state: %d values and %d counters where %d and %d belong; it is of another environment"
                .formatted(values.length, counters.length, needed, neededCounters));
      }
    }
  }

  /// Gives back what it holds; closing twice does nothing.
  @Override
  default void close() {}
}
