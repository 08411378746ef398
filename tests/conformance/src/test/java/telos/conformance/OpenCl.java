package telos.conformance;

import org.junit.jupiter.api.Assumptions;
import telos.tensor.Device;

/// The opencl device, where there is one.
final class OpenCl {
  private OpenCl() {}

  /// Skips the test, with the device's own reason, where it cannot be used.
  static Device device() {
    try {
      return Device.of("opencl");
    } catch (IllegalStateException e) {
      return Assumptions.abort(e.getMessage());
    }
  }
}
