package telos.rl.environment;

import java.util.Optional;
import telos.rl.scene.Scene;
import telos.tensor.Rng;

/// An environment around another one, which it owns: it changes what is seen or done and leaves the
/// rest. The state of a wrapper is the inner state with its own numbers at the end, so wrappers
/// nest in any order.
///
/// @param <O> observations outside
/// @param <A> actions outside
/// @param <P> observations inside
/// @param <B> actions inside
public interface Wrapper<O, A, P, B> extends Environment.Restorable<O, A> {
  /// What is wrapped.
  Environment.Restorable<P, B> inner();

  @Override
  default State state() {
    return inner().state();
  }

  @Override
  default Optional<boolean[]> allowed() {
    return inner().allowed();
  }

  @Override
  default Optional<Scene> scene() {
    return inner().scene();
  }

  @Override
  default void close() {
    inner().close();
  }

  /// A wrapper that leaves observations and actions where they lie.
  ///
  /// @param <O> observations
  /// @param <A> actions
  interface Alike<O, A> extends Wrapper<O, A, O, A> {
    @Override
    default Space<O> observations() {
      return inner().observations();
    }

    @Override
    default Space<A> actions() {
      return inner().actions();
    }

    @Override
    default O reset(Rng key) {
      return inner().reset(key);
    }

    @Override
    default Step<O> step(A action) {
      return inner().step(action);
    }

    @Override
    default O restore(State state) {
      return inner().restore(state);
    }
  }
}
