package telos.study;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Gives the work of one seed a device of its own.
@FunctionalInterface
public interface SeedDevice {
  /// Runs the work with a device that nobody else uses meanwhile.
  <T extends @Nullable Object> T call(Supplier<T> work);

  /// Whatever device the thread finds.
  static SeedDevice current() {
    return new SeedDevice() {
      @Override
      public <T extends @Nullable Object> T call(Supplier<T> work) {
        return work.get();
      }
    };
  }
}
