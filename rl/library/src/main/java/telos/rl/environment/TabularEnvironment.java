package telos.rl.environment;

import org.jspecify.annotations.Nullable;
import telos.rl.tabular.Mdp;
import telos.rl.tabular.Mdp.Outcome;
import telos.tensor.Rng;

/// An [Mdp] to act in: observations and actions are the numbers of its states and actions.
public final class TabularEnvironment implements Environment.Restorable<Integer, Integer> {
  private final Mdp mdp;
  private int state;
  private @Nullable Rng key;
  private long steps;

  public TabularEnvironment(Mdp mdp) {
    this.mdp = mdp;
  }

  /// The exact model of this environment.
  public Mdp mdp() {
    return mdp;
  }

  @Override
  public Space<Integer> observations() {
    return Space.Discrete.of(mdp.states());
  }

  @Override
  public Space<Integer> actions() {
    return Space.Discrete.of(mdp.actions());
  }

  @Override
  public Integer reset(Rng episode) {
    key = episode;
    steps = 0;
    state = episode.fold("start").choice(mdp.initial());
    return state;
  }

  @Override
  public Step<Integer> step(Integer action) {
    Rng own = running();
    Outcome[] outcomes = mdp.outcomes()[state][actions().require("action", action)];
    double[] weights = new double[outcomes.length];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = outcomes[i].probability();
    }
    Outcome outcome = outcomes[own.fold(steps++).choice(weights)];
    state = outcome.next();
    key = outcome.terminated() ? null : own;
    return Step.of(state, outcome.reward(), outcome.terminated());
  }

  @Override
  public State state() {
    Rng own = running();
    return new State(new double[] {state}, new long[] {own.key(), own.stream(), steps});
  }

  @Override
  public Integer restore(State from) {
    state = (int) from.values()[0];
    key = new Rng(from.counters()[0], from.counters()[1]);
    steps = from.counters()[2];
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
