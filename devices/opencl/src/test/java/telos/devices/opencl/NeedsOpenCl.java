package telos.devices.opencl;

import java.util.Optional;
import net.jqwik.api.lifecycle.LifecycleContext;
import net.jqwik.api.lifecycle.SkipExecutionHook;
import telos.tensor.Device;

/// Skips properties, visibly, where there is no OpenCL: an assumption that fails before them would
/// be an error to jqwik.
final class NeedsOpenCl implements SkipExecutionHook {
  static final String REASON = "no OpenCL on this machine";

  /// The first device, if there is one.
  static Optional<OpenClDevice> opened() {
    try {
      return Optional.of((OpenClDevice) Device.of("opencl"));
    } catch (IllegalStateException _) {
      return Optional.empty();
    }
  }

  @Override
  public SkipResult shouldBeSkipped(LifecycleContext context) {
    return opened().isPresent() ? SkipResult.doNotSkip() : SkipResult.skip(REASON);
  }
}
