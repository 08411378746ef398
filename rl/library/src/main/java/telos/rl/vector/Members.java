package telos.rl.vector;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import telos.rl.Snapshot;
import telos.rl.environment.Environment;
import telos.rl.environment.Space;
import telos.rl.environment.Step;
import telos.rl.vector.VectorStep.Finished;
import telos.tensor.Rng;
import telos.tensor.Tensor;

/// The environments of a [VectorEnvironment] and where each stands: what its three kinds share.
///
/// @param <O> observations
/// @param <A> actions
final class Members<O, A> {
  private final List<? extends Environment<O, A>> environments;
  private final Workers workers;
  private final Rows<O> current;
  private final Rows<A> actions;

  /// Null before the first reset.
  private @Nullable Rng key;

  private final boolean[] running;
  private final long[] episodes;
  private final double[] totals;
  private final int[] lengths;
  private long interactions;

  Members(List<? extends Environment<O, A>> environments, int threads) {
    if (environments.isEmpty()) {
      throw new IllegalArgumentException("vector environment: needs an environment at least");
    }
    this.environments = List.copyOf(environments);
    this.workers = Workers.of(threads, count());
    this.current = Rows.of(observationSpace(), count());
    this.actions = Rows.of(actionSpace(), count());
    this.running = new boolean[count()];
    this.episodes = new long[count()];
    this.totals = new double[count()];
    this.lengths = new int[count()];
  }

  int count() {
    return environments.size();
  }

  Space<O> observationSpace() {
    return environments.getFirst().observations();
  }

  Space<A> actionSpace() {
    return environments.getFirst().actions();
  }

  long interactions() {
    return interactions;
  }

  /// Where an episode runs.
  boolean[] running() {
    return running.clone();
  }

  /// Where none runs.
  boolean[] over() {
    boolean[] over = new boolean[count()];
    for (int i = 0; i < over.length; i++) {
      over[i] = !running[i];
    }
    return over;
  }

  /// Where an episode has begun and no step of it been taken.
  boolean[] begins() {
    boolean[] begins = new boolean[count()];
    for (int i = 0; i < begins.length; i++) {
      begins[i] = running[i] && lengths[i] == 0;
    }
    return begins;
  }

  /// Which actions make sense now, BOOL `[N, A]`; empty where all do everywhere. Where an episode
  /// is over all do.
  Optional<Tensor> allowed() {
    return allowed(running);
  }

  /// The same where `asked`; elsewhere all do.
  private Optional<Tensor> allowed(boolean[] asked) {
    if (!(actionSpace() instanceof Space.Discrete discrete)) {
      return Optional.empty();
    }
    List<Optional<boolean[]>> told = new ArrayList<>(count());
    boolean some = false;
    for (int i = 0; i < count(); i++) {
      told.add(asked[i] ? environments.get(i).allowed() : Optional.empty());
      some |= told.getLast().isPresent();
    }
    return some
        ? Optional.of(Tensor.of(flat(told, discrete.n()), count(), discrete.n()))
        : Optional.empty();
  }

  private static boolean[] flat(List<Optional<boolean[]>> told, int actions) {
    boolean[] flat = new boolean[told.size() * actions];
    for (int i = 0; i < flat.length; i++) {
      int action = i % actions;
      flat[i] = told.get(i / actions).map(own -> own[action]).orElse(true);
    }
    return flat;
  }

  /// What is seen now, of episodes that are over what was seen last.
  Tensor current() {
    begun();
    return current.tensor();
  }

  private Rng begun() {
    Rng begun = key;
    if (begun == null) {
      throw new IllegalStateException("vector environment: reset it first");
    }
    return begun;
  }

  /// Begins the first episode everywhere.
  void begin(Rng from) {
    key = from;
    Arrays.fill(episodes, 0);
    Arrays.fill(running, false);
    reset(over());
  }

  /// Begins the next episode where `chosen`.
  void reset(boolean[] chosen) {
    Rng own = begun();
    workers.each(
        chosen,
        i -> {
          current.put(i, environments.get(i).reset(own.fold(i).fold(episodes[i])));
          episodes[i]++;
          running[i] = true;
          totals[i] = 0;
          lengths[i] = 0;
        });
  }

  /// What the members' steps gave; zero where nobody stepped.
  ///
  /// @param allowed which actions made sense
  /// @param nextAllowed which do after them, also where an episode was truncated
  record Outcome(
      double[] rewards,
      boolean[] terminated,
      boolean[] truncated,
      Optional<Tensor> allowed,
      Optional<Tensor> nextAllowed,
      List<Finished> finished) {
    /// Where an episode ended.
    boolean[] ended() {
      boolean[] ended = new boolean[rewards.length];
      finished.forEach(episode -> ended[episode.environment()] = true);
      return ended;
    }
  }

  /// Acts where `chosen`.
  Outcome step(Tensor batch, boolean[] chosen) {
    begun();
    actions.put(batch);
    Optional<Tensor> allowed = allowed(chosen);
    double[] rewards = new double[count()];
    boolean[] terminated = new boolean[count()];
    boolean[] truncated = new boolean[count()];
    @Nullable Finished[] ended = new Finished[count()];
    workers.each(
        chosen,
        i -> {
          Step<O> step = act(i);
          rewards[i] = step.reward();
          terminated[i] = step.terminated();
          truncated[i] = step.truncated();
          ended[i] = step.done() ? new Finished(i, totals[i], lengths[i]) : null;
        });
    boolean[] going = new boolean[count()];
    for (int i = 0; i < count(); i++) {
      interactions += chosen[i] ? 1 : 0;
      going[i] = chosen[i] && !terminated[i];
    }
    return new Outcome(
        rewards,
        terminated,
        truncated,
        allowed,
        allowed(going),
        Stream.of(ended).filter(Objects::nonNull).toList());
  }

  private Step<O> act(int i) {
    Step<O> step = environments.get(i).step(actions.element(i));
    if (!Double.isFinite(step.reward())) {
      throw new IllegalArgumentException(
          "environment " + i + ": the reward is " + step.reward() + "; needs a finite number");
    }
    current.put(i, step.observation());
    running[i] = !step.done();
    totals[i] += step.reward();
    lengths[i]++;
    return step;
  }

  Snapshot snapshot() {
    var writer = new Snapshot.Writer();
    Rng own = begun();
    writer.put("key", own.key(), own.stream());
    writer.put("interactions", interactions);
    writer.put("episodes", episodes);
    writer.put("totals", totals);
    writer.put("current", current.tensor());
    for (int i = 0; i < count(); i++) {
      writer.put("length." + i, lengths[i], running[i] ? 1 : 0);
      if (running[i]) {
        Environment.State state = restorable(i).state();
        writer.put("values." + i, state.values());
        writer.put("counters." + i, state.counters());
      }
    }
    return writer.snapshot();
  }

  void restore(Snapshot from) {
    long[] own = from.counters("key");
    key = new Rng(own[0], own[1]);
    interactions = from.counters("interactions")[0];
    System.arraycopy(from.counters("episodes"), 0, episodes, 0, count());
    System.arraycopy(from.numbers("totals"), 0, totals, 0, count());
    current.put(from.tensor("current"));
    for (int i = 0; i < count(); i++) {
      long[] length = from.counters("length." + i);
      lengths[i] = (int) length[0];
      running[i] = length[1] == 1;
      if (running[i]) {
        var state =
            new Environment.State(from.numbers("values." + i), from.counters("counters." + i));
        current.put(i, restorable(i).restore(state));
      }
    }
  }

  private Environment.Restorable<O, A> restorable(int i) {
    if (environments.get(i) instanceof Environment.Restorable<O, A> restorable) {
      return restorable;
    }
    throw new IllegalArgumentException(
        "environment " + i + " cannot say its state, so a run with it cannot be resumed");
  }

  void close() {
    workers.close();
    environments.forEach(Environment::close);
  }
}
