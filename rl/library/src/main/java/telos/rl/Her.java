package telos.rl;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import telos.rl.environment.Environment;
import telos.rl.environment.Goals;
import telos.rl.vector.VectorStep;
import telos.tensor.Rng;
import telos.tensor.Tensor;

/// Hindsight experience replay (Andrychowicz et al. 2017, algorithm 1), for any algorithm that
/// learns from replay: at the end of an episode each of its transitions is stored as it was and k
/// more times with another goal, one that was achieved at a later time of the same episode (the
/// strategy `future` of section 4.5), and the reward that is due for it.
public final class Her {
  private final Goals goals;
  private final int k;
  private final double gamma;
  private final List<List<Moment>> episodes;

  /// A step of an episode that still runs.
  ///
  /// @param allowed the actions that made sense, whatever the goal; empty where all did
  /// @param nextAllowed those that do after it
  private record Moment(
      float[] before,
      Object action,
      double reward,
      float[] after,
      boolean terminated,
      Optional<boolean[]> allowed,
      Optional<boolean[]> nextAllowed) {}

  /// @param goals which rewards are due
  /// @param k goals in hindsight for each transition; the paper's is 4
  /// @param environments N
  public Her(Goals goals, int k, double gamma, int environments) {
    if (k < 0) {
      throw new IllegalArgumentException("hindsight: " + k + " goals for each transition");
    }
    this.goals = goals;
    this.k = k;
    this.gamma = gamma;
    this.episodes = Stream.<List<Moment>>generate(ArrayList::new).limit(environments).toList();
  }

  /// For copies of an environment; empty where no goals are wanted.
  ///
  /// @param k goals in hindsight for each transition
  /// @throws IllegalArgumentException where some are and it is no environment of goals
  public static Optional<Her> of(
      Environment<?, ?> environment, int k, double gamma, int environments) {
    return k == 0
        ? Optional.empty()
        : Optional.of(new Her(Goals.of(environment), k, gamma, environments));
  }

  /// Takes in a step.
  ///
  /// @param before the observations acted on, `[N, ...]`
  /// @param actions what was done, `[N, ...]`
  /// @return the transitions of the episodes that ended, with the true and with other goals: none
  ///   (B = 0) where none did
  public Transitions add(Tensor before, Tensor actions, VectorStep step, Rng key) {
    Object seen = before.toArray();
    Object taken = actions.toArray();
    Object followed = step.next().toArray();
    List<Moment> told = new ArrayList<>();
    for (int i = 0; i < episodes.size(); i++) {
      if (step.valid()[i]) {
        List<Moment> episode = episodes.get(i);
        episode.add(
            new Moment(
                (float[]) FlatRows.row(before, seen, i),
                FlatRows.row(actions, taken, i),
                step.rewards()[i],
                (float[]) FlatRows.row(before, followed, i),
                step.terminated()[i],
                ActionMasks.row(step.allowed(), i),
                ActionMasks.row(step.nextAllowed(), i)));
        if (step.done(i)) {
          told.addAll(told(episode, key.fold(i)));
          episode.clear();
        }
      }
    }
    return transitions(before, actions, told);
  }

  private List<Moment> told(List<Moment> episode, Rng key) {
    List<Moment> told = new ArrayList<>(episode);
    for (int t = 0; t < episode.size(); t++) {
      for (int j = 0; j < k; j++) {
        int later = t + key.fold(t).fold(j).integer(episode.size() - t);
        told.add(anew(episode.get(t), achieved(episode.get(later).after)));
      }
    }
    return told;
  }

  /// A step as if `goal` had been desired. One that terminated for another reason than its goal
  /// still does.
  private Moment anew(Moment moment, float[] goal) {
    float[] achieved = achieved(moment.after);
    float[] desired = goal(moment.after, moment.after.length - goals.goalSize());
    boolean otherwise = moment.terminated && !goals.solved(achieved, desired);
    return new Moment(
        desiring(moment.before, goal),
        moment.action,
        goals.reward(achieved, goal),
        desiring(moment.after, goal),
        otherwise || goals.solved(achieved, goal),
        moment.allowed,
        moment.nextAllowed);
  }

  private float[] achieved(float[] observation) {
    return goal(observation, goals.achievedAt());
  }

  /// The G numbers from some place on.
  private float[] goal(float[] observation, int from) {
    return Arrays.copyOfRange(observation, from, from + goals.goalSize());
  }

  private float[] desiring(float[] observation, float[] goal) {
    float[] other = observation.clone();
    System.arraycopy(goal, 0, other, other.length - goal.length, goal.length);
    return other;
  }

  private Transitions transitions(Tensor before, Tensor actions, List<Moment> told) {
    float[] rewards = new float[told.size()];
    float[] discounts = new float[told.size()];
    for (int i = 0; i < rewards.length; i++) {
      rewards[i] = (float) told.get(i).reward;
      discounts[i] = told.get(i).terminated ? 0 : (float) gamma;
    }
    return new Transitions(
        FlatRows.joined(before, told.stream().map(Moment::before).toList()),
        FlatRows.joined(actions, told.stream().map(Moment::action).toList()),
        Tensor.of(rewards),
        FlatRows.joined(before, told.stream().map(Moment::after).toList()),
        Tensor.of(discounts),
        ActionMasks.joined(told.stream().map(Moment::allowed).toList()),
        ActionMasks.joined(told.stream().map(Moment::nextAllowed).toList()));
  }

  /// The episodes that still run.
  ///
  /// @param observations a tensor like those of [#add], for what rows look like
  /// @param actions likewise
  public Snapshot snapshot(Tensor observations, Tensor actions) {
    List<Moment> all = episodes.stream().flatMap(List::stream).toList();
    var writer = new Snapshot.Writer();
    writer.put("lengths", episodes.stream().mapToLong(List::size).toArray());
    writer.put("rewards", all.stream().mapToDouble(Moment::reward).toArray());
    writer.put("terminated", all.stream().mapToLong(m -> m.terminated ? 1 : 0).toArray());
    writer.put("before", FlatRows.joined(observations, all.stream().map(Moment::before).toList()));
    writer.put("actions", FlatRows.joined(actions, all.stream().map(Moment::action).toList()));
    writer.put("after", FlatRows.joined(observations, all.stream().map(Moment::after).toList()));
    ActionMasks.joined(all.stream().map(Moment::allowed).toList())
        .ifPresent(masks -> writer.put("allowed", masks));
    ActionMasks.joined(all.stream().map(Moment::nextAllowed).toList())
        .ifPresent(masks -> writer.put("nextAllowed", masks));
    return writer.snapshot();
  }

  /// Goes on from a snapshot of one with as many environments.
  public void restore(Snapshot from) {
    Tensor actions = from.tensor("actions");
    Tensor observations = from.tensor("before");
    Object before = observations.toArray();
    Object taken = actions.toArray();
    Object after = from.tensor("after").toArray();
    long[] lengths = from.counters("lengths");
    Optional<Tensor> allowed = Optional.ofNullable(from.tensors().get("allowed"));
    Optional<Tensor> nextAllowed = Optional.ofNullable(from.tensors().get("nextAllowed"));
    int row = 0;
    for (int i = 0; i < lengths.length; i++) {
      List<Moment> episode = episodes.get(i);
      episode.clear();
      for (long t = 0; t < lengths[i]; t++, row++) {
        episode.add(
            new Moment(
                (float[]) FlatRows.row(observations, before, row),
                FlatRows.row(actions, taken, row),
                from.numbers("rewards")[row],
                (float[]) FlatRows.row(observations, after, row),
                from.counters("terminated")[row] == 1,
                ActionMasks.row(allowed, row),
                ActionMasks.row(nextAllowed, row)));
      }
    }
  }
}
