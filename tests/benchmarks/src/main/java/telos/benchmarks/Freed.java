package telos.benchmarks;

import java.util.function.Supplier;
import telos.tensor.Scope;

/// Work whose result goes back to the device at once, as in a training loop.
final class Freed {
  private Freed() {}

  /// @return that there was a result, for JMH to consume
  static boolean after(Supplier<?> work) {
    return Scope.<Boolean>call(() -> {
      Object result = work.get();
      return result != null;
    });
  }
}
