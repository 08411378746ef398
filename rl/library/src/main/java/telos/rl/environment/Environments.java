package telos.rl.environment;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.ServiceLoader;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;
import telos.rl.Nearest;

/// Environments by name.
public final class Environments {
  private static final int SUGGESTIONS = 3;

  private Environments() {}

  /// All names: the bundled ones, then those of other modules.
  public static List<String> names() {
    return Stream.concat(Stream.of(new Bundled()), others())
        .flatMap(provider -> provider.names().stream())
        .toList();
  }

  /// A fresh environment with the time limit that belongs to the name. The bundled ones keep the
  /// rules by test; what other modules bring comes in [Checked].
  ///
  /// @throws IllegalArgumentException for an unknown name, with the nearest known ones
  public static Environment.Restorable<?, ?> of(String name) {
    return new Bundled()
        .of(name)
        .or(() -> others().flatMap(other -> other.of(name).stream()).findFirst().map(Checked::new))
        .orElseThrow(() ->
            new IllegalArgumentException(
                "environment: there is no '%s'; nearest are %s"
                    .formatted(name, String.join(", ", nearest(name)))));
  }

  /// An environment with a finite number of actions, whatever is seen given as numbers by
  /// [FlattenObservation].
  public static Environment.Restorable<float[], Integer> discrete(String name) {
    return FlattenObservation.of(acting(name, Space.Discrete.class, "a number of an action"));
  }

  /// An environment with vectors as actions, whatever is seen given as numbers by
  /// [FlattenObservation].
  public static Environment.Restorable<float[], float[]> continuous(String name) {
    return FlattenObservation.of(acting(name, Space.Box.class, "a vector"));
  }

  /// An environment whose states and actions are numbers, for tables.
  public static Environment.Restorable<Integer, Integer> tabular(String name) {
    Environment.Restorable<Integer, Integer> environment =
        acting(name, Space.Discrete.class, "a number of an action");
    if (!(environment.observations() instanceof Space.Discrete)) {
      throw new IllegalArgumentException(
          "environment: %s shows %s; a table needs numbers of states"
              .formatted(name, environment.observations()));
    }
    return environment;
  }

  @SuppressWarnings("unchecked") // elements of the space are of A
  private static <O, A> Environment.Restorable<O, A> acting(
      String name, Class<? extends Space<A>> kind, String what) {
    var environment = of(name);
    if (!kind.isInstance(environment.actions())) {
      throw new IllegalArgumentException(
          "environment: the actions of %s are %s, and what is to act in it gives %s"
              .formatted(name, environment.actions(), what));
    }
    return (Environment.Restorable<O, A>) environment;
  }

  private static Stream<EnvironmentProvider> others() {
    return ServiceLoader.load(EnvironmentProvider.class).stream().map(ServiceLoader.Provider::get);
  }

  private static List<String> nearest(String name) {
    ToIntFunction<String> distance =
        known -> Nearest.distance(name.toLowerCase(Locale.ROOT), known.toLowerCase(Locale.ROOT));
    return names().stream().sorted(Comparator.comparingInt(distance)).limit(SUGGESTIONS).toList();
  }
}
