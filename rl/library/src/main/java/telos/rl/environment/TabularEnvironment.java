package telos.rl.environment;

import java.util.Arrays;
import java.util.Optional;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import telos.rl.scene.Scene;
import telos.rl.tabular.Mdp;
import telos.rl.tabular.Mdp.Outcome;
import telos.tensor.Rng;

/// An [Mdp] to act in: observations and actions are the numbers of its states and actions.
public final class TabularEnvironment implements Environment.Restorable<Integer, Integer> {
  private final Mdp mdp;
  private final IntFunction<Optional<Scene>> scenes;
  private final IntFunction<Optional<boolean[]>> masks;
  private final Space.Discrete states;
  private final Space.Discrete actions;

  /// Probabilities of the outcomes, `[S][A][...]`.
  private final double[][][] weights;

  private int state;
  private boolean begun;
  private @Nullable Rng key;
  private long steps;

  public TabularEnvironment(Mdp mdp) {
    this(mdp, _ -> Optional.empty(), _ -> Optional.empty());
  }

  /// @param scenes how each state looks
  /// @param masks which actions make sense in each state, see [#allowed]
  public TabularEnvironment(
      Mdp mdp, IntFunction<Optional<Scene>> scenes, IntFunction<Optional<boolean[]>> masks) {
    this.mdp = mdp;
    this.scenes = scenes;
    this.masks = masks;
    this.states = Space.Discrete.of(mdp.states());
    this.actions = Space.Discrete.of(mdp.actions());
    this.weights =
        Arrays.stream(mdp.outcomes())
            .map(
                row -> Arrays.stream(row).map(TabularEnvironment::weights).toArray(double[][]::new))
            .toArray(double[][][]::new);
  }

  private static double[] weights(Outcome[] outcomes) {
    return Arrays.stream(outcomes).mapToDouble(Outcome::probability).toArray();
  }

  /// The exact model of this environment.
  public Mdp mdp() {
    return mdp;
  }

  @Override
  public Space<Integer> observations() {
    return states;
  }

  @Override
  public Space<Integer> actions() {
    return actions;
  }

  @Override
  public Integer reset(Rng episode) {
    key = episode;
    steps = 0;
    begun = true;
    state = episode.fold("start").choice(mdp.initial());
    return state;
  }

  @Override
  public Step<Integer> step(Integer action) {
    Rng own = running();
    actions.require("action", action);
    double[] odds = weights[state][action];
    int which = odds.length == 1 ? 0 : own.fold(steps).choice(odds);
    Outcome outcome = mdp.outcomes()[state][action][which];
    steps++;
    state = outcome.next();
    key = outcome.terminated() ? null : own;
    return Step.of(state, outcome.reward(), outcome.terminated());
  }

  @Override
  public Optional<boolean[]> allowed() {
    return masks.apply(state);
  }

  @Override
  public Optional<Scene> scene() {
    return begun ? scenes.apply(state) : Optional.empty();
  }

  @Override
  public State state() {
    Rng own = running();
    return new State(new double[] {state}, new long[] {own.key(), own.stream(), steps});
  }

  @Override
  public Integer restore(State from) {
    from.require(1, 3);
    state = states.require("state", (int) from.values()[0]);
    key = new Rng(from.counters()[0], from.counters()[1]);
    steps = from.counters()[2];
    begun = true;
    return state;
  }

  @Override
  public Integer restore(State from, Rng chance) {
    Integer observation = restore(from);
    key = chance;
    return observation;
  }

  private Rng running() {
    Rng own = key;
    if (own == null) {
      throw new IllegalStateException("environment: no episode is running; reset it first");
    }
    return own;
  }
}
