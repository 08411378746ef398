package telos.rl.online;

import java.util.function.Supplier;
import java.util.stream.Stream;
import telos.rl.ReplayBuffer;
import telos.rl.Snapshot;
import telos.rl.Transitions;
import telos.rl.environment.Environment;
import telos.rl.environment.Space;
import telos.rl.vector.SameStep;
import telos.rl.vector.VectorStep;
import telos.tensor.Rng;
import telos.tensor.Tensor;

/// What an off-policy method acts in, and what it remembers of it.
final class Experience implements AutoCloseable {
  private final SameStep environments;
  private final ReplayBuffer buffer;
  private final double gamma;

  /// @param count of environments
  /// @param capacity of the memory, in transitions
  <O, A> Experience(
      Supplier<? extends Environment<O, A>> environment,
      int count,
      int capacity,
      double gamma,
      Rng key) {
    environments = new SameStep(Stream.generate(environment).limit(count).toList());
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

  /// What to act on now, `[N, ...]`.
  Tensor current() {
    return environments.current();
  }

  /// Acts once everywhere and remembers what happened.
  ///
  /// @param actions as the environments take them
  /// @param remembered the same as the learner reads them
  void step(Tensor actions, Tensor remembered, Means means) {
    Tensor before = environments.current();
    VectorStep step = environments.step(actions);
    buffer.add(step.transitions(before, remembered, gamma));
    means.add(step.finished());
  }

  Transitions sample(int count, Rng key) {
    return buffer.sample(count, key);
  }

  long interactions() {
    return environments.interactions();
  }

  Snapshot snapshot() {
    var writer = new Snapshot.Writer();
    writer.put("environments", environments.snapshot());
    writer.put("buffer", buffer.snapshot());
    return writer.snapshot();
  }

  void restore(Snapshot from) {
    environments.restore(from.below("environments"));
    buffer.restore(from.below("buffer"));
  }

  @Override
  public void close() {
    environments.close();
  }
}
