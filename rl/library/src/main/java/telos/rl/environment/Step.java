package telos.rl.environment;

import java.util.Map;
import java.util.function.Function;

/// What a step of an [Environment] gives.
///
/// @param observation after the step, also of the last one of an episode
/// @param terminated whether the process came to its end: nothing follows, the value of what would
///   follow is zero
/// @param truncated whether the episode was cut from outside, by a time limit say: the process
///   would go on, and a value estimate bootstraps from the observation
/// @param info anything else, for people and logs; usually empty
public record Step<O>(
    O observation, double reward, boolean terminated, boolean truncated, Map<String, Object> info) {
  /// Without more information.
  public static <O> Step<O> of(O observation, double reward, boolean terminated) {
    return new Step<>(observation, reward, terminated, false, Map.of());
  }

  /// Whether the episode is over: the environment must be reset.
  public boolean done() {
    return terminated || truncated;
  }

  /// The same, cut here.
  public Step<O> truncate() {
    return new Step<>(observation, reward, terminated, true, info);
  }

  /// The same, seen in another way.
  public <P> Step<P> seen(Function<? super O, ? extends P> view) {
    return new Step<>(view.apply(observation), reward, terminated, truncated, info);
  }

  /// The same with another reward.
  public Step<O> rewarded(double other) {
    return new Step<>(observation, other, terminated, truncated, info);
  }

  /// `gamma (1 - terminated)`: by how much the value of what follows counts.
  public double discount(double gamma) {
    return terminated ? 0 : gamma;
  }
}
