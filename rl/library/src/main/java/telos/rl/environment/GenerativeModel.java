package telos.rl.environment;

import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import telos.rl.tabular.Mdp;
import telos.tensor.Rng;

/// A process of which one can ask what may follow any state, as often as one likes (Kearns, Mansour
/// and Ng 2002): what planners need. Actions are counted from zero.
///
/// @param <S> states
public interface GenerativeModel<S> {
  /// A, how many actions there are.
  int actions();

  /// What an action may lead to, drawn anew with each key.
  Outcome<S> sample(S state, int action, Rng key);

  /// What followed.
  ///
  /// @param seen what the agent learns of the new state: outcomes with equal ones are the same to
  ///   it
  /// @param ended whether nothing follows, or nothing that counts
  record Outcome<S>(S state, Object seen, double reward, boolean ended) {}

  /// Of an exact model; states are their numbers.
  static GenerativeModel<Integer> of(Mdp mdp) {
    return new Exact(mdp);
  }

  /// Of a process without chance.
  static GenerativeModel<double[]> of(Dynamics<Integer> dynamics) {
    return new Moving(dynamics, discrete(dynamics.actions()));
  }

  /// Of an environment that can draw anew what follows a state. It is the model's from now on: a
  /// planner needs one of its own beside that in which it acts. A truncated step ends a plan.
  static <O> GenerativeModel<Environment.State> of(Environment.Restorable<O, Integer> environment) {
    return new Resampled<>(environment, discrete(environment.actions()));
  }

  private static Space.Discrete discrete(Space<Integer> actions) {
    if (actions instanceof Space.Discrete discrete) {
      return discrete;
    }
    throw new IllegalArgumentException(
        "generative model: actions are " + actions + "; a planner needs a discrete space");
  }

  /// See [#of(Mdp)].
  record Exact(Mdp mdp) implements GenerativeModel<Integer> {
    @Override
    public int actions() {
      return mdp.actions();
    }

    @Override
    public Outcome<Integer> sample(Integer state, int action, Rng key) {
      Mdp.Outcome[] outcomes = mdp.outcomes()[state][action];
      double[] weights = new double[outcomes.length];
      for (int i = 0; i < weights.length; i++) {
        weights[i] = outcomes[i].probability();
      }
      Mdp.Outcome outcome = outcomes[key.choice(weights)];
      Integer next = outcome.next();
      return new Outcome<>(next, next, outcome.reward(), outcome.terminated());
    }
  }

  /// See [#of(Dynamics)].
  record Moving(Dynamics<Integer> dynamics, Space.Discrete space)
      implements GenerativeModel<double[]> {
    @Override
    public int actions() {
      return space.n();
    }

    @Override
    public Outcome<double[]> sample(double[] state, int action, Rng key) {
      Dynamics.Outcome outcome = dynamics.move(state, space.start() + action);
      Object seen = DoubleBuffer.wrap(outcome.state());
      return new Outcome<>(outcome.state(), seen, outcome.reward(), outcome.terminated());
    }
  }

  /// See [#of(Environment.Restorable)].
  record Resampled<O>(Environment.Restorable<O, Integer> environment, Space.Discrete space)
      implements GenerativeModel<Environment.State> {
    @Override
    public int actions() {
      return space.n();
    }

    @Override
    public Outcome<Environment.State> sample(Environment.State state, int action, Rng key) {
      environment.restore(state, key);
      Step<O> step = environment.step(space.start() + action);
      Environment.State next = step.done() ? state : environment.state();
      return new Outcome<>(next, seen(step.observation()), step.reward(), step.done());
    }

    private static Object seen(Object observation) {
      return observation instanceof float[] numbers ? FloatBuffer.wrap(numbers) : observation;
    }
  }
}
