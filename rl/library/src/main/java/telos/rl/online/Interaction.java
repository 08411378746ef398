package telos.rl.online;

import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import telos.rl.Her;
import telos.rl.ReplayBuffer;
import telos.rl.Snapshot;
import telos.rl.Trajectory;
import telos.rl.Transitions;
import telos.rl.environment.Environment;
import telos.rl.environment.Space;
import telos.rl.vector.SameStep;
import telos.rl.vector.VectorStep;
import telos.tensor.Rng;
import telos.tensor.Tensor;

/// What an off-policy actor-critic acts in, and what it remembers of it: environments, and their
/// transitions with actions as the learner reads them, told in hindsight as well where wanted.
final class Interaction implements AutoCloseable {
  private final SameStep environments;
  private final ReplayBuffer buffer;
  private final double gamma;

  /// Empty where goals stay what they were.
  private final Optional<Her> hindsight;

  private final Rng key;

  /// @param count of environments
  /// @param capacity of the memory, in transitions
  /// @param relabelled how often each transition is told in hindsight as well, see [telos.rl.Her]
  <O, A> Interaction(
      Supplier<? extends Environment<O, A>> environment,
      int count,
      int capacity,
      double gamma,
      int relabelled,
      Rng key) {
    var copies = Stream.generate(environment).limit(count).toList();
    environments = new SameStep(copies);
    hindsight = Her.of(copies.getFirst(), relabelled, gamma, count);
    this.key = key;
    buffer = new ReplayBuffer(capacity);
    this.gamma = gamma;
    environments.reset(key);
  }

  Space<?> observations() {
    return environments.observationSpace();
  }

  Space<?> actions() {
    return environments.actionSpace();
  }

  /// How many steps were taken.
  long steps() {
    return environments.interactions();
  }

  /// Whether there is something to learn from, after `first` steps at least: told in hindsight,
  /// nothing is remembered of an episode before its end.
  boolean learns(long first) {
    return steps() >= first && buffer.size() > 0;
  }

  /// What to act on now, `[N, ...]`.
  Tensor current() {
    return environments.current();
  }

  /// Which actions make sense now, BOOL `[N, A]`; empty where all do.
  Optional<Tensor> allowed() {
    return environments.allowed();
  }

  /// Acts once everywhere and remembers what happened.
  ///
  /// @param actions as the environments take them
  /// @param remembered the same as the learner reads them
  void step(Tensor actions, Tensor remembered, Means means) {
    Tensor before = environments.current();
    Rng now = key.fold("hindsight").fold(steps());
    VectorStep step = environments.step(actions);
    buffer.add(
        hindsight
            .map(her -> her.add(before, remembered, step, now))
            .orElseGet(() -> step.transitions(before, remembered, gamma)));
    means.add(step.finished());
  }

  Transitions sample(int count, Rng key) {
    return buffer.sample(count, key);
  }

  /// What is remembered, as it happened; nothing where it is told in hindsight.
  ///
  /// @param outward from actions as the learner reads them to those of the environments
  List<Trajectory> remembered(UnaryOperator<Tensor> outward) {
    return hindsight.isPresent()
        ? List.of()
        : buffer.trajectories(environments.count()).stream()
            .map(t -> t.withActions(outward.apply(t.actions())))
            .toList();
  }

  Snapshot snapshot() {
    var writer = new Snapshot.Writer();
    writer.put("environments", environments.snapshot());
    writer.put("buffer", buffer.snapshot());
    hindsight.ifPresent(
        her -> writer.put("hindsight", her.snapshot(environments.current(), someActions())));
    return writer.snapshot();
  }

  void restore(Snapshot from) {
    environments.restore(from.below("environments"));
    buffer.restore(from.below("buffer"));
    hindsight.ifPresent(her -> her.restore(from.below("hindsight")));
  }

  /// What actions look like to the learner.
  private Tensor someActions() {
    return actions() instanceof Space.Box box
        ? Tensor.zeros(environments.count(), box.size())
        : Tensor.of(new int[environments.count()]);
  }

  @Override
  public void close() {
    environments.close();
  }
}
