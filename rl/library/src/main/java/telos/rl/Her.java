package telos.rl;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import telos.rl.environment.GoalEnvironment;
import telos.rl.vector.VectorStep;
import telos.tensor.Rng;
import telos.tensor.Tensor;

/// Hindsight experience replay (Andrychowicz et al. 2017, algorithm 1), for any algorithm that
/// learns from replay: at the end of an episode each of its transitions is stored as it was and k
/// more times with another goal, one that was achieved at a later time of the same episode (the
/// strategy `future` of section 4.5), and the reward that is due for it.
public final class Her {
  private final GoalEnvironment<?> goals;
  private final int k;
  private final double gamma;
  private final List<List<Moment>> episodes;

  /// A step of an episode that still runs.
  private record Moment(
      float[] before, Object action, double reward, float[] after, boolean terminated) {}

  /// @param goals which rewards are due
  /// @param k goals in hindsight for each transition; the paper's is 4
  /// @param environments N
  public Her(GoalEnvironment<?> goals, int k, double gamma, int environments) {
    if (k < 0) {
      throw new IllegalArgumentException("hindsight: " + k + " goals for each transition");
    }
    this.goals = goals;
    this.k = k;
    this.gamma = gamma;
    this.episodes = Stream.<List<Moment>>generate(ArrayList::new).limit(environments).toList();
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
                step.terminated()[i]));
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
    float[] desired = tail(moment.after, 1);
    boolean otherwise = moment.terminated && !goals.solved(achieved, desired);
    return new Moment(
        desiring(moment.before, goal),
        moment.action,
        goals.reward(achieved, goal),
        desiring(moment.after, goal),
        otherwise || goals.solved(achieved, goal));
  }

  private float[] achieved(float[] observation) {
    return tail(observation, 2);
  }

  /// The goal of G numbers that begins `goals` times G before the end.
  private float[] tail(float[] observation, int count) {
    int from = observation.length - count * goals.goalSize();
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
        Tensor.of(discounts));
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
                from.counters("terminated")[row] == 1));
      }
    }
  }
}
