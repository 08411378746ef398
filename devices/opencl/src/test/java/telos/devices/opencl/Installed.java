package telos.devices.opencl;

import java.util.List;
import org.junit.jupiter.api.Assumptions;

/// What OpenCL shows here; tests that need it are skipped, with the reason, where there is none.
final class Installed {
  private Installed() {}

  static Platforms.Found first() {
    try {
      List<Platforms.Found> found = Platforms.found();
      return found.getFirst();
    } catch (IllegalStateException e) {
      return Assumptions.abort(e.getMessage());
    }
  }

  /// A device of the test's own.
  static OpenClDevice device() {
    return new OpenClDevice("opencl", first());
  }
}
