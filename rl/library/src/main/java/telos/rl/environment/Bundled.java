package telos.rl.environment;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedCollection;
import java.util.SequencedMap;
import java.util.function.Supplier;
import telos.rl.environment.Environment.Restorable;

/// The environments of this module, under Gymnasium's names and with its time limits; where a
/// process is not Gymnasium's, under a name of telos.
final class Bundled implements EnvironmentProvider {
  /// Of the exact models; who acts in them needs none.
  private static final double DISCOUNT = 0.99;

  private static final SequencedMap<String, Supplier<Restorable<?, ?>>> TABLE = table();

  private static SequencedMap<String, Supplier<Restorable<?, ?>>> table() {
    SequencedMap<String, Supplier<Restorable<?, ?>>> table = new LinkedHashMap<>();
    table.put("CartPole-v1", () -> simulated(new CartPole(), 500));
    table.put("MountainCar-v0", () -> simulated(new MountainCar(), 200));
    table.put("MountainCarContinuous-v0", () -> simulated(new MountainCarContinuous(), 999));
    table.put("Acrobot-v1", () -> simulated(new Acrobot(), 500));
    table.put("Pendulum-v1", () -> simulated(new Pendulum(), 200));
    table.put("FrozenLake-v1", () -> lake(FrozenLake.SMALL, 100));
    table.put("FrozenLake8x8-v1", () -> lake(FrozenLake.LARGE, 200));
    table.put("CliffWalking-v1", () -> CliffWalking.environment(DISCOUNT));
    table.put("Taxi-v3", () -> new TimeLimit<>(Taxi.environment(DISCOUNT), 200));
    return table;
  }

  private static <A> Restorable<float[], A> simulated(Dynamics<A> dynamics, int limit) {
    return new TimeLimit<>(new Simulation<>(dynamics), limit);
  }

  private static Restorable<?, ?> lake(List<String> map, int limit) {
    return new TimeLimit<>(FrozenLake.environment(map, 1.0 / 3, DISCOUNT), limit);
  }

  @Override
  public SequencedCollection<String> names() {
    return TABLE.sequencedKeySet();
  }

  @Override
  public Optional<Restorable<?, ?>> of(String name) {
    return Optional.ofNullable(TABLE.get(name)).map(Supplier::get);
  }
}
