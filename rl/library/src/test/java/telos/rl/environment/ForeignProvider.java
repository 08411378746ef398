package telos.rl.environment;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedCollection;
import telos.tensor.Rng;

/// What another module may bring: an environment that pays no number.
public final class ForeignProvider implements EnvironmentProvider {
  static final String NAME = "foreign/Broken-v0";

  @Override
  public SequencedCollection<String> names() {
    return List.of(NAME);
  }

  @Override
  public Optional<Environment.Restorable<?, ?>> of(String name) {
    return name.equals(NAME) ? Optional.of(new Broken()) : Optional.empty();
  }

  /// Always in state 0.
  public static final class Broken implements Environment.Restorable<Integer, Integer> {
    @Override
    public Space<Integer> observations() {
      return Space.Discrete.of(1);
    }

    @Override
    public Space<Integer> actions() {
      return Space.Discrete.of(2);
    }

    @Override
    public Integer reset(Rng key) {
      return 0;
    }

    @Override
    public Step<Integer> step(Integer action) {
      return new Step<>(0, Double.NaN, false, false, Map.of());
    }

    @Override
    public State state() {
      return new State(new double[0], new long[0]);
    }

    @Override
    public Integer restore(State state) {
      return 0;
    }
  }
}
