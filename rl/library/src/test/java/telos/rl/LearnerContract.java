package telos.rl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.TreeSet;
import java.util.function.Supplier;
import telos.tensor.Tensor;

/// What every [Learner] promises.
public final class LearnerContract {
  private LearnerContract() {}

  /// A run is a function of its configuration and key, also where it was interrupted: equal bits of
  /// everything it holds, buffers and environments included.
  ///
  /// @param learner a new one, the same each time
  /// @param before iterations before the interruption
  /// @param after iterations after it
  public static void assertResumes(Supplier<? extends Learner> learner, int before, int after) {
    try (Learner whole = learner.get();
        Learner interrupted = learner.get();
        Learner resumed = learner.get()) {
      advance(whole, before + after);
      advance(interrupted, before);
      resumed.advance(); // is to be forgotten
      resumed.restore(interrupted.snapshot());
      Policy then = interrupted.policy();
      Snapshot held = interrupted.snapshot();
      advance(interrupted, after);
      advance(resumed, after);
      assertSame(whole.snapshot(), interrupted.snapshot());
      assertSame(whole.snapshot(), resumed.snapshot());
      assertEquals(whole.steps(), resumed.steps());
      resumed.restore(held);
      advance(resumed, after);
      assertSame(whole.snapshot(), resumed.snapshot());
      telos.tensor.Tree.leaves(then).values().forEach(Tensor::toDoubles); // is still alive
    }
  }

  private static void advance(Learner learner, int iterations) {
    for (int i = 0; i < iterations; i++) {
      learner.advance();
    }
  }

  private static void assertSame(Snapshot a, Snapshot b) {
    assertEquals(new TreeSet<>(a.tensors().keySet()), new TreeSet<>(b.tensors().keySet()));
    assertEquals(new TreeSet<>(a.counters().keySet()), new TreeSet<>(b.counters().keySet()));
    a.tensors()
        .forEach((name, tensor) -> {
          assertEquals(tensor.shape(), b.tensor(name).shape(), name);
          assertArrayEquals(tensor.toDoubles(), b.tensor(name).toDoubles(), name);
        });
    a.counters().forEach((name, numbers) -> assertArrayEquals(numbers, b.counters(name), name));
  }
}
