package telos.rl;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import telos.rl.vector.SameStep;
import telos.rl.vector.VectorStep;
import telos.tensor.DType;
import telos.tensor.Rng;
import telos.tensor.Scope;
import telos.tensor.Tensor;

/// T steps of N environments, taken by one policy: row `t N + n` of everything is step t of
/// environment n.
///
/// @param environments N
/// @param observations `[(T + 1) N, ...]`: what was acted on, and in the last N rows what is seen
///   after the last step
/// @param begins where an episode begins with the observation, `[T N]`
/// @param allowed the actions that made sense, BOOL `[T N, A]`; empty where all did
/// @param actions I32 `[T N]`, or F32 `[T N, A]`
/// @param rewards `[T N]`
/// @param terminated `[T N]`
/// @param cut where an episode was truncated and not terminated, `[T N]`
/// @param lasts the last observations of the episodes that ended, in the order of their rows;
///   `[..., ...]`
/// @param finished the episodes that ended
@SuppressWarnings("ArrayRecordComponent") // compared by identity
public record Rollout(
    int environments,
    Tensor observations,
    boolean[] begins,
    Optional<Tensor> allowed,
    Tensor actions,
    double[] rewards,
    boolean[] terminated,
    boolean[] cut,
    Optional<Tensor> lasts,
    List<VectorStep.Finished> finished) {

  /// What the critic makes of each step.
  ///
  /// @param before V of what was acted on, `[T N]`
  /// @param after V of what truly followed, `[T N]`; of no meaning where it terminated
  @SuppressWarnings("ArrayRecordComponent") // compared by identity
  public record Values(double[] before, double[] after) {}

  /// Lets an agent act from where the environments stand.
  ///
  /// @param steps T
  /// @param key of all actions in these environments, whatever the rollout
  public static Rollout of(SameStep environments, Policy.Agent agent, int steps, Rng key) {
    Log log = new Log(environments.count(), steps);
    Tensor now = environments.current();
    for (int t = 0; t < steps; t++) {
      Tensor seen = now;
      boolean[] begins = environments.begins();
      Optional<Tensor> allowed = environments.allowed();
      Rng moment = key.fold(environments.interactions());
      Tensor actions = Scope.call("act", () -> agent.act(seen, begins, allowed, moment));
      VectorStep step = environments.step(actions);
      agent.rewarded(step.rewards());
      log.add(t, seen, begins, allowed, actions, step);
      now = step.observations();
    }
    return log.rollout(now);
  }

  /// A rollout as it grows.
  private static final class Log {
    private final int environments;
    private final List<Tensor> observations = new ArrayList<>();
    private final List<Optional<Tensor>> allowed = new ArrayList<>();
    private final List<Tensor> actions = new ArrayList<>();
    private final List<Tensor> lasts = new ArrayList<>();
    private final List<VectorStep.Finished> finished = new ArrayList<>();
    private final boolean[] begins;
    private final double[] rewards;
    private final boolean[] terminated;
    private final boolean[] cut;

    Log(int environments, int steps) {
      this.environments = environments;
      int rows = environments * steps;
      begins = new boolean[rows];
      rewards = new double[rows];
      terminated = new boolean[rows];
      cut = new boolean[rows];
    }

    void add(
        int t,
        Tensor seen,
        boolean[] first,
        Optional<Tensor> sensible,
        Tensor taken,
        VectorStep step) {
      int row = t * environments;
      observations.add(seen);
      allowed.add(sensible);
      actions.add(taken);
      System.arraycopy(first, 0, begins, row, environments);
      System.arraycopy(step.rewards(), 0, rewards, row, environments);
      System.arraycopy(step.terminated(), 0, terminated, row, environments);
      for (int n = 0; n < environments; n++) {
        cut[row + n] = step.truncated()[n] && !step.terminated()[n];
        if (step.done(n)) {
          lasts.add(step.next().slice(0, n, n + 1));
        }
      }
      finished.addAll(step.finished());
    }

    Rollout rollout(Tensor now) {
      observations.add(now);
      return new Rollout(
          environments,
          Tensor.concat(0, observations),
          begins,
          masks(),
          Tensor.concat(0, actions),
          rewards,
          terminated,
          cut,
          joined(lasts),
          finished);
    }

    /// Of all steps, if anybody ever told.
    private Optional<Tensor> masks() {
      return ActionMasks.join(allowed, Collections.nCopies(allowed.size(), environments));
    }

    private static Optional<Tensor> joined(List<Tensor> parts) {
      return parts.isEmpty() ? Optional.empty() : Optional.of(Tensor.concat(0, parts));
    }
  }

  /// T N.
  public int size() {
    return rewards.length;
  }

  /// What was acted on, `[T N, ...]`.
  public Tensor acted() {
    return observations.slice(0, 0, size());
  }

  /// Where an episode ended.
  public boolean[] ended() {
    boolean[] ended = new boolean[size()];
    for (int i = 0; i < ended.length; i++) {
      ended[i] = terminated[i] || cut[i];
    }
    return ended;
  }

  /// `gamma (1 - terminated)`, `[T N]`.
  public double[] discounts(double gamma) {
    double[] discounts = new double[size()];
    for (int i = 0; i < discounts.length; i++) {
      discounts[i] = terminated[i] ? 0 : gamma;
    }
    return discounts;
  }

  /// @param critic from observations `[B, ...]` to values `[B]`
  public Values values(UnaryOperator<Tensor> critic) {
    return values(critic.apply(observations).toDoubles(), critic);
  }

  /// @param all V of the observations, `[(T + 1) N]`
  /// @param ends V of [#lasts]
  public Values values(double[] all, UnaryOperator<Tensor> ends) {
    double[] after = Arrays.copyOfRange(all, environments, all.length);
    double[] last = lasts.map(seen -> ends.apply(seen).toDoubles()).orElse(new double[0]);
    boolean[] ended = ended();
    int next = 0;
    for (int i = 0; i < after.length; i++) {
      if (ended[i]) {
        after[i] = last[next++];
      }
    }
    return new Values(Arrays.copyOf(all, size()), after);
  }

  /// Generalised advantage estimates and value targets, `[T N]`: a truncated episode bootstraps
  /// from the value of its last observation, a terminated one from nothing.
  public Returns.Advantages advantages(Values values, double gamma, double lambda) {
    return Returns.gae(
        environments, rewards, values.before, values.after, discounts(gamma), ended(), lambda);
  }

  /// Its steps, each on its own.
  public Transitions transitions(double gamma) {
    Tensor following = observations.slice(0, environments, environments + size());
    Tensor known = lasts.map(ends -> Tensor.concat(0, List.of(following, ends))).orElse(following);
    boolean[] ended = ended();
    int[] rows = new int[size()];
    int last = size();
    for (int i = 0; i < rows.length; i++) {
      rows[i] = ended[i] ? last++ : i;
    }
    return new Transitions(
        acted(),
        actions,
        Tensor.of(rewards, size()).cast(DType.F32),
        known.gather(0, Tensor.of(rows)),
        Tensor.of(discounts(gamma), size()).cast(DType.F32));
  }

  /// The same with other rewards, `[T N]`.
  public Rollout withRewards(double[] other) {
    return new Rollout(
        environments,
        observations,
        begins,
        allowed,
        actions,
        other,
        terminated,
        cut,
        lasts,
        finished);
  }

  /// Mean `return` and `length` of the episodes that ended, nothing if none did.
  public Map<String, Double> episodes() {
    Map<String, Double> means = new LinkedHashMap<>();
    if (!finished.isEmpty()) {
      means.put("return", mean(finished.stream().mapToDouble(VectorStep.Finished::total)));
      means.put("length", mean(finished.stream().mapToDouble(VectorStep.Finished::length)));
    }
    return means;
  }

  private static double mean(java.util.stream.DoubleStream values) {
    return values.average().orElseThrow();
  }
}
