package telos.rl.environment;

import java.util.Optional;
import telos.rl.scene.Scene;
import telos.tensor.Rng;

/// A process whose next state is a function of the state and the action: pure, so that planners can
/// call it as they like. A [Simulation] makes an environment of it.
///
/// The arithmetic is double, with the elementary functions of [StrictMath], so that every platform
/// gives the same bits; observations are rounded to float.
///
/// @param <A> actions
public interface Dynamics<A> {
  /// Where observations lie.
  Space.Box observations();

  /// Where actions lie.
  Space<A> actions();

  /// A first state.
  double[] start(Rng key);

  /// What one action does.
  Outcome move(double[] state, A action);

  /// What is seen of a state.
  float[] observe(double[] state);

  /// How a state looks, where it can be drawn.
  default Optional<Scene> scene(double[] state) {
    return Optional.empty();
  }

  /// The state after an action, its reward, and whether it is the last.
  @SuppressWarnings("ArrayRecordComponent") // compared by identity
  record Outcome(double[] state, double reward, boolean terminated) {}
}
