package telos.agent;

import java.util.List;
import telos.rl.Learner;
import telos.study.Nearest;
import telos.tensor.Rng;

/// The algorithms that the command line knows.
public final class Algorithms {
  private static final List<Algorithm<?>> ALL = List.of();

  private Algorithms() {}

  /// All of them.
  public static List<Algorithm<?>> all() {
    return ALL;
  }

  /// The one of a name.
  ///
  /// @throws IllegalArgumentException for an unknown name, with the nearest ones
  public static Algorithm<?> of(String name) {
    List<String> names = ALL.stream().map(Algorithm::name).toList();
    if (!names.contains(name)) {
      List<String> like = Nearest.names(name, names);
      throw new IllegalArgumentException(
          "there is no algorithm '%s'; %s"
              .formatted(name, "there are " + String.join(", ", like.isEmpty() ? names : like)));
    }
    return ALL.get(names.indexOf(name));
  }

  /// Begins to learn what a plan says.
  static Learner learner(AgentPlan plan, Rng key) {
    return of(plan.algorithm()).learner(plan.config(), plan.environment(), key);
  }
}
