package telos.devices.opencl;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import telos.tensor.Device;
import telos.tensor.DeviceProvider;

/// Offers the devices `opencl` (the first of [#hardware]), which is `opencl:0` too, and `opencl:1`,
/// `opencl:2`, ...
public final class OpenClProvider implements DeviceProvider {
  private static final String KIND = "opencl";

  /// By number, so that one of two names is one device.
  private static final Map<Integer, Device> OPEN = new ConcurrentHashMap<>();

  /// For the service loader.
  public OpenClProvider() {}

  @Override
  public String kind() {
    return KIND;
  }

  @Override
  public Device open(String name) {
    List<Platforms.Found> found = Platforms.found();
    int index = index(name);
    if (index >= found.size()) {
      throw new IllegalStateException(
          "there is no device '%s'; OpenCL shows %d here, counted from 0"
              .formatted(name, found.size()));
    }
    return OPEN.computeIfAbsent(index, _ -> new OpenClDevice(name(index), found.get(index)));
  }

  /// The name of a device of [#hardware].
  public static String name(int index) {
    return index == 0 ? KIND : KIND + ":" + index;
  }

  private static int index(String name) {
    if (name.equals(KIND)) {
      return 0;
    }
    String number = name.substring(KIND.length() + 1);
    if (!number.matches("[0-9]{1,4}")) {
      throw new IllegalStateException(
          "there is no device '" + name + "'; opencl, opencl:0 and opencl:1 are names that fit");
    }
    return Integer.parseInt(number);
  }

  /// What OpenCL shows on this machine, in the order of the devices' numbers: graphics processors
  /// and accelerators first.
  ///
  /// @throws IllegalStateException with a sentence that says what to install where there is none
  public static List<Hardware> hardware() {
    return Platforms.found().stream().map(Platforms.Found::hardware).toList();
  }
}
