package telos.agent;

import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import telos.rl.Learner;
import telos.rl.environment.Environment;
import telos.rl.environment.Environments;
import telos.rl.environment.Space;
import telos.rl.offline.Dataset;
import telos.tensor.Rng;

/// An algorithm that the command line knows.
///
/// @param name as typed
/// @param description one line for the help
/// @param type of its configuration
/// @param defaults its configuration where nothing else is said
/// @param start begins to learn
/// @param <C> its configuration
public record Algorithm<C extends Record>(
    String name, String description, Class<C> type, Defaults<C> defaults, Start<C> start) {

  /// A configuration that fits.
  @FunctionalInterface
  public interface Defaults<C> {
    /// @param actions the space they lie in
    /// @param steps of the run, with which schedules end
    C of(Space<?> actions, long steps);
  }

  /// How learning begins: by acting, or from recorded data.
  public sealed interface Start<C> {}

  /// Learns by acting.
  @FunctionalInterface
  public non-sealed interface Acting<C> extends Start<C> {
    /// @param environment makes one more environment of the kind
    Learner learner(C config, Supplier<Environment<Object, Object>> environment, Rng key);
  }

  /// Learns from recorded data; the environment is for evaluation alone.
  @FunctionalInterface
  public non-sealed interface Recorded<C> extends Start<C> {
    Learner learner(C config, Dataset data, Rng key);
  }

  /// Whether it learns from recorded data.
  public boolean offline() {
    return start instanceof Recorded;
  }

  /// Its configuration in an environment: the defaults, some replaced.
  ///
  /// @param steps of the run
  /// @param settings by name, as text
  /// @throws IllegalArgumentException for a setting that it does not have, or that does not fit
  public C config(String environment, long steps, Map<String, String> settings) {
    try (Environment<?, ?> sample = Environments.of(environment)) {
      return Settings.with(name, defaults.of(sample.actions(), steps), settings);
    }
  }

  /// What can be set, a line each, for the help.
  public String[] settings() {
    return Stream.of(type.getRecordComponents())
        .map(component -> "  " + component.getName() + ": " + Settings.kind(component.getType()))
        .toArray(String[]::new);
  }

  /// Begins to learn.
  ///
  /// @param config from [#config]
  /// @param data what was recorded; not looked at by those that act
  Learner learner(Record config, String environment, Supplier<Dataset> data, Rng key) {
    return switch (start) {
      case Acting<C> acting -> acting.learner(type.cast(config), environments(environment), key);
      case Recorded<C> recorded -> recorded.learner(type.cast(config), data.get(), key);
    };
  }

  /// Makes fresh environments of a name.
  @SuppressWarnings("unchecked") // each takes the actions of its own space, all that it is given
  static Supplier<Environment<Object, Object>> environments(String name) {
    return () -> (Environment<Object, Object>) (Environment<?, ?>) Environments.of(name);
  }
}
