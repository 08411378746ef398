package telos.rl.online;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongFunction;
import java.util.function.Supplier;
import java.util.stream.Stream;
import telos.rl.Her;
import telos.rl.NStep;
import telos.rl.Policy;
import telos.rl.PrioritisedBuffer;
import telos.rl.Snapshot;
import telos.rl.Transitions;
import telos.rl.environment.Environment;
import telos.rl.vector.SameStep;
import telos.rl.vector.VectorStep;
import telos.rl.vector.VectorStep.Finished;
import telos.tensor.Rng;
import telos.tensor.Tensor;

/// Acting and remembering, as all that learn action values from replay do it: environments, their
/// transitions over n steps (or told in hindsight), and the buffer these go to.
final class Experience implements AutoCloseable {
  private final SameStep vector;
  private final NStep nStep;
  private final PrioritisedBuffer buffer;

  /// Empty where goals stay what they were.
  private final Optional<Her> hindsight;

  private final Rng key;

  /// @param n steps of a transition
  /// @param relabelled how often each transition is told in hindsight as well, see [telos.rl.Her]
  <O, A> Experience(
      Supplier<? extends Environment<O, A>> environment,
      int environments,
      int n,
      double gamma,
      int relabelled,
      PrioritisedBuffer buffer,
      Rng key) {
    List<? extends Environment<O, A>> copies =
        Stream.generate(environment).limit(environments).toList();
    this.vector = new SameStep(copies);
    this.nStep = new NStep(n, gamma, environments);
    this.buffer = buffer;
    this.hindsight = Her.of(copies.getFirst(), relabelled, gamma, environments);
    this.key = key;
    vector.reset(key.fold("environment"));
  }

  SameStep vector() {
    return vector;
  }

  PrioritisedBuffer buffer() {
    return buffer;
  }

  /// How many steps were taken.
  long steps() {
    return vector.interactions();
  }

  /// Whether there is something to learn from, after `first` steps at least.
  boolean learns(long first) {
    return steps() >= first && buffer.size() > 0;
  }

  /// Whether a multiple of `period` was passed by the last `times` steps in every environment.
  boolean passed(long period, long times) {
    return steps() / period > (steps() - times * vector.count()) / period;
  }

  /// Acts `times` in every environment.
  ///
  /// @param policy by the number of steps taken so far
  /// @return the episodes that ended
  List<Finished> act(LongFunction<? extends Policy> policy, int times) {
    List<Finished> finished = new ArrayList<>();
    for (int i = 0; i < times; i++) {
      long now = steps();
      Tensor before = vector.current();
      Policy.Agent agent = policy.apply(now).begin(vector.count());
      boolean[] begins = new boolean[vector.count()]; // nothing is remembered in any case
      Tensor actions = agent.act(before, begins, vector.allowed(), key.fold("action").fold(now));
      VectorStep step = vector.step(actions);
      buffer.add(transitions(before, actions, step, key.fold("hindsight").fold(now)));
      finished.addAll(step.finished());
    }
    return finished;
  }

  private Transitions transitions(Tensor before, Tensor actions, VectorStep step, Rng now) {
    return hindsight
        .map(her -> her.add(before, actions, step, now))
        .orElseGet(() -> nStep.add(before, actions, step));
  }

  void save(Snapshot.Writer writer) {
    writer.put("environment", vector.snapshot());
    writer.put("buffer", buffer.snapshot());
    Tensor observations = vector.current();
    Tensor actions = Tensor.of(new int[vector.count()]);
    writer.put("nStep", nStep.snapshot(observations, actions));
    hindsight.ifPresent(her -> writer.put("hindsight", her.snapshot(observations, actions)));
  }

  void restore(Snapshot from) {
    vector.restore(from.below("environment"));
    buffer.restore(from.below("buffer"));
    nStep.restore(from.below("nStep"));
    hindsight.ifPresent(her -> her.restore(from.below("hindsight")));
  }

  @Override
  public void close() {
    vector.close();
  }
}
