package telos.rl.offline;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import telos.nn.Activation;
import telos.nn.Layer;
import telos.rl.Networks;
import telos.rl.Standardised;
import telos.rl.Trajectory;
import telos.rl.Transitions;
import telos.rl.environment.RunningMoments;
import telos.rl.environment.Space;
import telos.tensor.DType;
import telos.tensor.Tensor;

/// Recorded experience: all that an offline algorithm ever sees.
///
/// One without trajectories is enough for a learner that is restored from a snapshot only to act.
///
/// @param observations discrete, or a box of rank 1
/// @param actions discrete, or a bounded box of rank 1
/// @param trajectories in any order; none is longer or shorter than it happened
public record Dataset(Space<?> observations, Space<?> actions, List<Trajectory> trajectories) {
  /// What Fujimoto and Gu (2021) add to the deviations of observations.
  private static final double FLOOR = 1e-3;

  public Dataset {
    trajectories = List.copyOf(trajectories);
    width(observations);
    for (int i = 0; i < trajectories.size(); i++) {
      Trajectory trajectory = trajectories.get(i);
      if (trajectory.length() == 0) {
        throw new IllegalArgumentException("dataset: trajectory " + i + " has no steps");
      }
      check("observations of trajectory " + i, observations, trajectory.observations());
      check("actions of trajectory " + i, actions, trajectory.actions());
      checkFinite("rewards of trajectory " + i, trajectory.rewards().toDoubles());
    }
  }

  /// Refuses rows that are no elements of a space.
  private static void check(String what, Space<?> space, Tensor rows) {
    switch (space) {
      case Space.Discrete discrete -> {
        require(rows.dtype() == DType.I32 && rows.rank() == 1, what, rows, "I32 [T]");
        for (int row : rows.toInts()) {
          if (row < 0 || row >= discrete.n()) {
            throw new IllegalArgumentException(
                "dataset: " + what + " hold " + row + ", not in 0 to " + (discrete.n() - 1));
          }
        }
      }
      case Space.Box box -> {
        boolean fits = rows.dtype() == DType.F32 && rows.rank() == 2 && rows.dim(1) == box.size();
        require(fits, what, rows, "F32 [T, " + box.size() + "]");
        checkFinite(what, rows.toDoubles());
      }
      default -> throw new IllegalArgumentException("dataset: " + what + " are of " + space);
    }
  }

  private static void require(boolean fits, String what, Tensor rows, String needed) {
    if (!fits) {
      throw new IllegalArgumentException(
          "dataset: "
              + what
              + " are "
              + rows.dtype()
              + " "
              + rows.shape()
              + "; the space needs "
              + needed);
    }
  }

  private static void checkFinite(String what, double[] values) {
    for (int i = 0; i < values.length; i++) {
      if (!Double.isFinite(values[i])) {
        throw new IllegalArgumentException(
            "dataset: number " + i + " of the " + what + " is " + values[i]);
      }
    }
  }

  /// The sums of rewards, a trajectory each.
  public double[] totals() {
    return trajectories.stream().mapToDouble(Trajectory::total).toArray();
  }

  /// The trajectories with the highest returns, in the order they are in: behaviour cloning on them
  /// is filtered behaviour cloning (Chen et al. 2021, section 5.1).
  ///
  /// @param share of all trajectories, in `(0, 1]`; at least one is kept
  public Dataset best(double share) {
    if (!(share > 0 && share <= 1)) {
      throw new IllegalArgumentException("dataset: the best share " + share + " is not in (0, 1]");
    }
    double[] totals = totals();
    List<Trajectory> kept =
        IntStream.range(0, totals.length)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> -totals[i]))
            .limit((long) Math.ceil(share * totals.length))
            .sorted()
            .map(trajectories::get)
            .toList();
    return new Dataset(observations, actions, kept);
  }

  /// Rewards scaled so that the best and the worst return are 1000 apart (Kostrikov et al. 2022,
  /// appendix B); all equal they stay as they are.
  public Dataset scaled() {
    double[] totals = totals();
    double range = Arrays.stream(totals).max().orElse(0) - Arrays.stream(totals).min().orElse(0);
    double factor = range > 0 ? 1000 / range : 1;
    return new Dataset(
        observations,
        actions,
        trajectories.stream().map(trajectory -> scaled(trajectory, factor)).toList());
  }

  private static Trajectory scaled(Trajectory from, double factor) {
    return new Trajectory(
        from.observations(),
        from.actions(),
        from.rewards().mul(factor),
        from.terminated(),
        from.truncated(),
        from.allowed());
  }

  /// What to throw where one without trajectories shall be learnt from.
  static IllegalStateException empty() {
    return new IllegalStateException("dataset: it has no trajectories to learn from");
  }

  /// All steps with the actions in the coordinates of networks, see [UnitActions].
  Transitions transitions(double gamma) {
    if (trajectories.isEmpty()) {
      throw empty();
    }
    Transitions all = Trajectory.transitions(trajectories, gamma);
    return new Transitions(
        all.observations(),
        UnitActions.of(actions).inward(all.actions()),
        all.rewards(),
        all.next(),
        all.discounts(),
        all.allowed(),
        all.nextAllowed());
  }

  /// What stands between observations and networks, `[..., width]`: one-hot rows of states;
  /// numbers, standardised with what the data shows of them.
  Layer features(boolean standardise) {
    return switch (observations) {
      case Space.Discrete discrete -> new Networks.OneHot(discrete.n());
      default -> standardise ? Standardised.by(moments(), FLOOR) : Activation.IDENTITY;
    };
  }

  /// Of all observations, the last ones included.
  private RunningMoments moments() {
    int width = width();
    RunningMoments moments = RunningMoments.none(width);
    for (Trajectory trajectory : trajectories) {
      moments = moments.merge(RunningMoments.over(trajectory.observations().toFloats(), width));
    }
    return moments;
  }

  /// How many numbers [#features] gives.
  int width() {
    return width(observations);
  }

  private static int width(Space<?> observations) {
    return switch (observations) {
      case Space.Discrete discrete -> discrete.n();
      case Space.Box box when box.shape().size() == 1 -> box.size();
      default ->
          throw new IllegalArgumentException(
              "dataset: no network here reads " + observations + "; flatten it to a box first");
    };
  }
}
