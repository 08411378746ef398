package telos.rl.environment;

/// What an environment, or its [Dynamics], in which something is to be achieved adds: an
/// observation says what is achieved, and at its end what is desired, G numbers each. Since the
/// reward is a function of these two, what happened can be told anew as if what was achieved had
/// been desired (Andrychowicz et al. 2017; see [telos.rl.Her]).
public interface Goals {
  /// G.
  int goalSize();

  /// Where in an observation what is achieved begins.
  int achievedAt();

  /// The reward of a step.
  ///
  /// @param achieved after it
  double reward(float[] achieved, float[] desired);

  /// Whether a step terminates because what is desired is achieved.
  boolean solved(float[] achieved, float[] desired);

  /// Those of an environment, also within a time limit.
  ///
  /// @throws IllegalArgumentException if it has none
  static Goals of(Environment<?, ?> environment) {
    return switch (environment) {
      case Goals goals -> goals;
      case TimeLimit<?, ?> limit -> of(limit.inner());
      case Simulation<?> simulation when simulation.dynamics() instanceof Goals goals -> goals;
      default ->
          throw new IllegalArgumentException(
              "goals in hindsight: "
                  + environment.getClass().getSimpleName()
                  + " is no environment of goals, whose reward can be told for any goal");
    };
  }
}
