package telos.tensor;

/// How a module offers a device; found through [java.util.ServiceLoader].
public interface DeviceProvider {
  /// The kind of device: the part of the name before a colon.
  String kind();

  /// Opens the device of that name.
  ///
  /// @throws IllegalStateException with a sentence that says why it cannot be used here
  Device open(String name);
}
