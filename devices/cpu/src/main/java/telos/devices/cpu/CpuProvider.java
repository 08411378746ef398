package telos.devices.cpu;

import telos.tensor.Device;
import telos.tensor.DeviceProvider;

/// Offers the device `cpu`, and `cpu:N` with a team of N threads.
public final class CpuProvider implements DeviceProvider {
  /// For the service loader.
  public CpuProvider() {}

  @Override
  public String kind() {
    return "cpu";
  }

  @Override
  public Device open(String name) {
    if (name.equals("cpu")) {
      return new CpuDevice(name, Team.defaultSize());
    }
    return new CpuDevice(name, Team.size(name.substring("cpu:".length())));
  }
}
