package telos.rl;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import telos.rl.vector.Disabled;
import telos.rl.vector.VectorStep;
import telos.tensor.Rng;
import telos.tensor.Scope;
import telos.tensor.Tensor;

/// An episode, or a stretch of one, in the order of time.
///
/// @param observations `[T + 1, ...]`: the last is what followed the last action
/// @param actions I32 `[T]`, or F32 `[T, A]`
/// @param rewards F32 `[T]`
/// @param terminated whether the process came to its end with the last step
/// @param truncated whether the episode was cut after the last step, where the process would go on
/// @param allowed the actions that made sense at each observation, BOOL `[T + 1, A]`; empty where
///   all did, or nobody knows
public record Trajectory(
    Tensor observations,
    Tensor actions,
    Tensor rewards,
    boolean terminated,
    boolean truncated,
    Optional<Tensor> allowed) {
  public Trajectory {
    int length = actions.dim(0);
    boolean fits =
        rewards.rank() == 1
            && rewards.dim(0) == length
            && observations.dim(0) == length + 1
            && ActionMasks.fit(allowed, length + 1);
    if (!fits) {
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

  /// Where all actions made sense, or nobody knows.
  public Trajectory(
      Tensor observations, Tensor actions, Tensor rewards, boolean terminated, boolean truncated) {
    this(observations, actions, rewards, terminated, truncated, Optional.empty());
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
        last && truncated,
        allowed.map(all -> all.slice(0, from, to + 1)));
  }

  /// The same with other actions, of as many steps.
  public Trajectory withActions(Tensor other) {
    return new Trajectory(observations, other, rewards, terminated, truncated, allowed);
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
        Tensor.of(discounts, discounts.length),
        allowed.map(all -> all.slice(0, 0, length())),
        allowed.map(all -> all.slice(0, 1, length() + 1)));
  }

  /// The steps of many, one trajectory after the other.
  public static Transitions transitions(List<Trajectory> trajectories, double gamma) {
    List<Transitions> parts = new ArrayList<>();
    trajectories.forEach(trajectory -> parts.add(trajectory.transitions(gamma)));
    return Transitions.concat(parts);
  }

  /// The episodes, or stretches of them, that steps in the order of time belong to. Where what
  /// followed a step is not what the next one begins with, an episode was over: terminated if its
  /// last step has no discount, otherwise truncated, as the last one is that was still running.
  ///
  /// @param steps of one environment, one after the other; discounts of others than last steps are
  ///   positive
  public static List<Trajectory> of(Transitions steps) {
    float[] before = steps.observations().toFloats();
    float[] after = steps.next().toFloats();
    float[] discounts = steps.discounts().toFloats();
    int width = before.length / Math.max(1, steps.size());
    List<Trajectory> trajectories = new ArrayList<>();
    int from = 0;
    for (int t = 0; t < steps.size(); t++) {
      int end = (t + 1) * width;
      boolean goesOn =
          discounts[t] != 0
              && t + 1 < steps.size()
              && Arrays.equals(after, end - width, end, before, end, end + width);
      if (!goesOn) {
        trajectories.add(of(steps, from, t + 1, discounts[t] == 0));
        from = t + 1;
      }
    }
    return trajectories;
  }

  private static Trajectory of(Transitions steps, int from, int to, boolean terminated) {
    Optional<Tensor> masks = steps.allowed().map(all -> all.slice(0, from, to));
    Optional<Tensor> lastMask = steps.nextAllowed().map(all -> all.slice(0, to - 1, to));
    Tensor last = steps.next().slice(0, to - 1, to);
    return new Trajectory(
        Tensor.concat(0, List.of(steps.observations().slice(0, from, to), last)),
        steps.actions().slice(0, from, to),
        steps.rewards().slice(0, from, to),
        terminated,
        !terminated,
        ActionMasks.join(List.of(masks, lastMask), List.of(to - from, 1)));
  }

  /// One episode in each environment, to its end; where none runs, a new one begins.
  ///
  /// @param agent who acts
  /// @param key of all actions in these environments, whatever the episode
  public static List<Trajectory> episodes(Disabled environments, Policy.Agent agent, Rng key) {
    List<Tensor> observations = new ArrayList<>(List.of(environments.reset(over(environments))));
    List<Tensor> actions = new ArrayList<>();
    List<VectorStep> steps = new ArrayList<>();
    while (!all(over(environments))) {
      Tensor seen = observations.getLast();
      Optional<Tensor> allowed = environments.allowed();
      boolean[] begins = environments.begins();
      Rng moment = key.fold(environments.interactions());
      actions.add(Scope.call("act", () -> agent.act(seen, begins, allowed, moment)));
      steps.add(environments.step(actions.getLast()));
      agent.rewarded(steps.getLast().rewards());
      observations.add(steps.getLast().observations());
    }
    Tensor seen = Tensor.stack(1, observations);
    Tensor taken = Tensor.stack(1, actions);
    return IntStream.range(0, environments.count())
        .mapToObj(n -> of(n, seen, taken, steps))
        .toList();
  }

  private static boolean[] over(Disabled environments) {
    boolean[] over = environments.running();
    for (int n = 0; n < over.length; n++) {
      over[n] = !over[n];
    }
    return over;
  }

  private static boolean all(boolean[] flags) {
    return IntStream.range(0, flags.length).allMatch(n -> flags[n]);
  }

  private static Trajectory of(int n, Tensor observations, Tensor actions, List<VectorStep> steps) {
    int length = (int) steps.stream().filter(step -> step.valid()[n]).count();
    float[] rewards = new float[length];
    for (int t = 0; t < length; t++) {
      rewards[t] = (float) steps.get(t).rewards()[n];
    }
    VectorStep last = steps.get(length - 1);
    List<Optional<boolean[]>> masks = new ArrayList<>();
    steps.subList(0, length).forEach(step -> masks.add(ActionMasks.row(step.allowed(), n)));
    masks.add(ActionMasks.row(last.nextAllowed(), n));
    return new Trajectory(
        observations.at(0, n).slice(0, 0, length + 1),
        actions.at(0, n).slice(0, 0, length),
        Tensor.of(rewards),
        last.terminated()[n],
        last.truncated()[n],
        ActionMasks.joined(masks));
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
