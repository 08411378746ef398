package telos.cli;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import telos.devices.cpu.CpuDevice;
import telos.study.SeedDevice;
import telos.tensor.Device;

/// Gives each seed a cpu device of one thread; any other kind of device, chosen with --device, is
/// shared.
final class SingleThread implements SeedDevice {
  @Override
  public <T extends @Nullable Object> T call(Supplier<T> work) {
    if (!Environment.device().startsWith("cpu")) {
      return Device.current().with(work);
    }
    try (var device = new CpuDevice(1)) {
      return device.with(work);
    }
  }
}
