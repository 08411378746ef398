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

/// What an off-policy actor-critic acts in, and what it remembers of it: environments, and their
/// transitions with actions as the learner reads them.
final class Interaction implements AutoCloseable {
  private final SameStep environments;
  private final ReplayBuffer buffer;
  private final double gamma;

  /// @param count of environments
  /// @param capacity of the memory, in transitions
  <O, A> Interaction(
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

  /// How many steps were taken.
  long steps() {
    return environments.interactions();
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
