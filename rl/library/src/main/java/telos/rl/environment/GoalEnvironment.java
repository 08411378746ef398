package telos.rl.environment;

/// An environment in which something is to be achieved that an observation says: `[state, achieved,
/// desired]`, of which the last two have the same size G. Since the reward is a function of these
/// two, what happened can be told anew as if what was achieved had been desired (Andrychowicz et
/// al. 2017; see [telos.rl.Her]).
///
/// @param <A> actions
public interface GoalEnvironment<A> extends Environment.Restorable<float[], A> {
  /// G.
  int goalSize();

  /// The reward of a step.
  ///
  /// @param achieved after it
  double reward(float[] achieved, float[] desired);

  /// Whether a step terminates because what is desired is achieved.
  boolean solved(float[] achieved, float[] desired);

  /// An environment, if it is one of goals, or such a one with a time limit.
  ///
  /// @throws IllegalArgumentException if it is not
  static GoalEnvironment<?> of(Environment<?, ?> environment) {
    if (environment instanceof GoalEnvironment<?> goals) {
      return goals;
    }
    if (environment instanceof TimeLimit<?, ?> limit) {
      return of(limit.inner());
    }
    throw new IllegalArgumentException(
        "goals in hindsight: "
            + environment.getClass().getSimpleName()
            + " is no environment of goals, whose reward can be told for any goal");
  }
}
