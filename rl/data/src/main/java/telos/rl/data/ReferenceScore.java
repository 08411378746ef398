package telos.rl.data;

import java.util.Locale;

/// What D4RL calls a score of 0 and of 100 in its locomotion tasks: the mean returns of a random
/// policy and of an expert of soft actor-critic (Fu et al., D4RL: Datasets for Deep Data-Driven
/// Reinforcement Learning, 2020, section 5; the numbers are those of `d4rl/infos.py`, the same for
/// the versions v0 to v2 of all datasets of a task).
///
/// @param random mean return of the random policy
/// @param expert mean return of the expert
public record ReferenceScore(double random, double expert) {
  public static final ReferenceScore HOPPER = new ReferenceScore(-20.272305, 3234.3);
  public static final ReferenceScore HALFCHEETAH = new ReferenceScore(-280.178953, 12135.0);
  public static final ReferenceScore WALKER2D = new ReferenceScore(1.629008, 4592.3);
  public static final ReferenceScore ANT = new ReferenceScore(-325.6, 3879.7);

  /// Of the task that a name begins with, such as `hopper-medium-v2` or `Hopper-v5`.
  public static ReferenceScore of(String task) {
    return switch (task.toLowerCase(Locale.ROOT).split("[-_]", 2)[0]) {
      case "hopper" -> HOPPER;
      case "halfcheetah" -> HALFCHEETAH;
      case "walker2d" -> WALKER2D;
      case "ant" -> ANT;
      default ->
          throw new IllegalArgumentException(
              "reference score: D4RL has none for \"%s\" here; needs hopper, halfcheetah, walker2d or ant"
                  .formatted(task));
    };
  }

  /// `100 (score - random) / (expert - random)`.
  public double normalised(double score) {
    return 100 * (score - random) / (expert - random);
  }
}
