package telos.rl;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import telos.rl.vector.VectorStep;
import telos.tensor.Tensor;

/// Transitions over n steps from those over one (Watkins 1989; Sutton and Barto 2018, eq. 7.1), in
/// N environments at once:
///
/// `R = r_t + gamma r_{t+1} + ... + gamma^{n-1} r_{t+n-1}`, next `s_{t+n}`, discount `gamma^n`.
///
/// None crosses an episode's end. Where one comes first, after k < n steps, every transition that
/// is still open ends with it: the discount is `gamma^k` if the episode was truncated there, so
/// that its last observation is bootstrapped from, and 0 if it terminated.
public final class NStep {
  private final int n;
  private final double gamma;
  private final List<Deque<Open>> environments;

  /// A transition that has begun but not ended.
  private record Open(
      Object observation, Object action, Optional<boolean[]> allowed, double reward, int steps) {
    /// A step longer.
    Open with(double more, double gamma) {
      double total = reward + StrictMath.pow(gamma, steps) * more;
      return new Open(observation, action, allowed, total, steps + 1);
    }
  }

  /// One that has ended.
  private record Closed(Open open, int environment, double discount) {}

  /// @param n steps, at least one: 1 changes nothing
  /// @param environments N
  public NStep(int n, double gamma, int environments) {
    if (n < 1) {
      throw new IllegalArgumentException("n-step transitions: needs a step at least, not " + n);
    }
    this.n = n;
    this.gamma = gamma;
    this.environments = Stream.<Deque<Open>>generate(ArrayDeque::new).limit(environments).toList();
  }

  /// Takes in a step.
  ///
  /// @param before the observations acted on, `[N, ...]`
  /// @param actions what was done, `[N, ...]`
  /// @return the transitions that end with it, possibly none (B = 0); those of an environment in
  ///   the order of time
  public Transitions add(Tensor before, Tensor actions, VectorStep step) {
    Object observations = before.toArray();
    Object taken = actions.toArray();
    List<Closed> closed = new ArrayList<>();
    for (int i = 0; i < environments.size(); i++) {
      if (step.valid()[i]) {
        Deque<Open> open = environments.get(i);
        open.add(
            new Open(
                FlatRows.row(before, observations, i),
                FlatRows.row(actions, taken, i),
                ActionMasks.row(step.allowed(), i),
                0,
                0));
        close(extend(open, step.rewards()[i]), i, step, closed);
      }
    }
    return transitions(before, actions, step, closed);
  }

  /// All open transitions of an environment get one step longer.
  private Deque<Open> extend(Deque<Open> open, double reward) {
    for (int i = open.size(); i > 0; i--) {
      open.add(open.remove().with(reward, gamma));
    }
    return open;
  }

  private void close(Deque<Open> open, int environment, VectorStep step, List<Closed> closed) {
    boolean done = step.done(environment);
    for (Iterator<Open> each = open.iterator(); each.hasNext(); ) {
      Open one = each.next();
      if (done || one.steps == n) {
        double discount = step.terminated()[environment] ? 0 : StrictMath.pow(gamma, one.steps);
        closed.add(new Closed(one, environment, discount));
        each.remove();
      }
    }
  }

  private static Transitions transitions(
      Tensor before, Tensor actions, VectorStep step, List<Closed> closed) {
    int[] from = closed.stream().mapToInt(Closed::environment).toArray();
    float[] rewards = new float[from.length];
    float[] discounts = new float[from.length];
    for (int i = 0; i < from.length; i++) {
      rewards[i] = (float) closed.get(i).open.reward;
      discounts[i] = (float) closed.get(i).discount;
    }
    Tensor rows = Tensor.of(from);
    return new Transitions(
        FlatRows.joined(before, closed.stream().map(each -> each.open.observation).toList()),
        FlatRows.joined(actions, closed.stream().map(each -> each.open.action).toList()),
        Tensor.of(rewards),
        step.next().gather(0, rows),
        Tensor.of(discounts),
        ActionMasks.joined(closed.stream().map(each -> each.open.allowed).toList()),
        step.nextAllowed().map(some -> some.gather(0, rows)));
  }

  /// Everything that is open.
  ///
  /// @param observations a tensor like those of [#add], for what rows look like
  /// @param actions likewise
  public Snapshot snapshot(Tensor observations, Tensor actions) {
    List<Open> all = environments.stream().flatMap(Deque::stream).toList();
    var writer = new Snapshot.Writer();
    writer.put("open", environments.stream().mapToLong(Deque::size).toArray());
    writer.put("steps", all.stream().mapToLong(Open::steps).toArray());
    writer.put("rewards", all.stream().mapToDouble(Open::reward).toArray());
    writer.put(
        "observations",
        FlatRows.joined(observations, all.stream().map(Open::observation).toList()));
    writer.put("actions", FlatRows.joined(actions, all.stream().map(Open::action).toList()));
    ActionMasks.joined(all.stream().map(Open::allowed).toList())
        .ifPresent(masks -> writer.put("allowed", masks));
    return writer.snapshot();
  }

  /// Goes on from a snapshot of one with as many environments.
  public void restore(Snapshot from) {
    Tensor observations = from.tensor("observations");
    Tensor actions = from.tensor("actions");
    Optional<Tensor> masks = Optional.ofNullable(from.tensors().get("allowed"));
    Object seen = observations.toArray();
    Object taken = actions.toArray();
    long[] counts = from.counters("open");
    int row = 0;
    for (int i = 0; i < counts.length; i++) {
      Deque<Open> open = environments.get(i);
      open.clear();
      for (long k = 0; k < counts[i]; k++, row++) {
        open.add(
            new Open(
                FlatRows.row(observations, seen, row),
                FlatRows.row(actions, taken, row),
                ActionMasks.row(masks, row),
                from.numbers("rewards")[row],
                (int) from.counters("steps")[row]));
      }
    }
  }
}
