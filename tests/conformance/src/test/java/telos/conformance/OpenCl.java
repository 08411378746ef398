package telos.conformance;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assumptions;
import telos.devices.opencl.Hardware;
import telos.devices.opencl.OpenClProvider;
import telos.tensor.Device;

/// The opencl devices, where there are any.
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

  /// Every device that can be used.
  static List<Device> devices() {
    List<Hardware> hardware;
    try {
      hardware = OpenClProvider.hardware();
    } catch (IllegalStateException none) {
      return List.of();
    }
    return IntStream.range(0, hardware.size())
        .filter(i -> hardware.get(i).trouble().isEmpty())
        .mapToObj(i -> Device.of(OpenClProvider.name(i)))
        .toList();
  }
}
