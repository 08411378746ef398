package telos.rl;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import telos.tensor.Tensor;

/// An episode, or a stretch of one, in the order of time.
///
/// @param observations `[T + 1, ...]`: the last is what followed the last action
/// @param actions I32 `[T]`, or F32 `[T, A]`
/// @param rewards F32 `[T]`
/// @param terminated whether the process came to its end with the last step
/// @param truncated whether the episode was cut after the last step, where the process would go on
public record Trajectory(
    Tensor observations, Tensor actions, Tensor rewards, boolean terminated, boolean truncated) {
  public Trajectory {
    int length = actions.dim(0);
    if (rewards.rank() != 1 || rewards.dim(0) != length || observations.dim(0) != length + 1) {
      throw new IllegalArgumentException(
          "trajectory: observations "
              + observations.shape()
              + ", actions "
              + actions.shape()
              + ", rewards "
              + rewards.shape()
              + " do not belong together; needs [T + 1, ...], [T, ...], [T]");
    }
  }

  /// T.
  public int length() {
    return rewards.dim(0);
  }

  /// The steps `from` to `to - 1`: a segment. It is terminated or truncated if it has the last step
  /// of one that is.
  public Trajectory segment(int from, int to) {
    boolean last = to == length();
    return new Trajectory(
        observations.slice(0, from, to + 1),
        actions.slice(0, from, to),
        rewards.slice(0, from, to),
        last && terminated,
        last && truncated);
  }

  /// Its steps; the last one has no discount if it is terminated.
  public Transitions transitions(double gamma) {
    float[] discounts = new float[length()];
    Arrays.fill(discounts, (float) gamma);
    if (terminated && discounts.length > 0) {
      discounts[discounts.length - 1] = 0;
    }
    return new Transitions(
        observations.slice(0, 0, length()),
        actions,
        rewards,
        observations.slice(0, 1, length() + 1),
        Tensor.of(discounts, discounts.length));
  }

  /// The steps of many, one trajectory after the other.
  public static Transitions transitions(List<Trajectory> trajectories, double gamma) {
    List<Transitions> parts = new ArrayList<>();
    trajectories.forEach(trajectory -> parts.add(trajectory.transitions(gamma)));
    return Transitions.concat(parts);
  }

  /// Sum of the rewards.
  public double total() {
    double total = 0;
    for (double reward : rewards.toDoubles()) {
      total += reward;
    }
    return total;
  }
}
