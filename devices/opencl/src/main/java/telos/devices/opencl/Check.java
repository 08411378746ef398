package telos.devices.opencl;

import java.lang.reflect.Array;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import telos.tensor.Device;
import telos.tensor.HeapStorage;
import telos.tensor.NumberCheck;
import telos.tensor.Op;
import telos.tensor.Recorder;
import telos.tensor.ReferenceDevice;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// With `--check`, or `-Dtelos.opencl.check=true`: the first result of each operation and dtype is
/// compared with the reference device's, so that a driver that computes wrongly shows itself by
/// name.
final class Check {
  /// Of the largest value: far above rounding, far below what a wrong kernel does.
  private static final double TOLERANCE = 1e-4;

  private static final double ROUNDING = 1e-6;

  private final OpenClDevice device;
  private final Set<String> seen = ConcurrentHashMap.newKeySet();

  Check(OpenClDevice device) {
    this.device = device;
  }

  void ordinary(Op op, Shape shape, OpenClStorage out) {
    boolean traced = op.inputs().stream().anyMatch(x -> x.device() != device);
    if (!traced && seen.add(op.name() + op.dtype())) {
      Object expected = HeapStorage.newArray(op.dtype(), shape.size());
      ReferenceDevice.compute(op, shape, expected);
      compare(op, largest(op), expected, device.download(out, op.dtype(), shape.size()));
    }
  }

  /// Runs a fused operation, whose inputs may be dead afterwards, and compares its first results.
  ///
  /// @param run may give null, where the device has no kernel for it
  @Nullable List<Tensor> fused(Op.Fused op, Supplier<@Nullable List<Tensor>> run) {
    if (!seen.add(op.getClass().getName() + op.dtype())) {
      return run.get();
    }
    List<Tensor> expected =
        ScopedValue.where(Recorder.CURRENT, null)
            .call(() -> NumberCheck.suspended(() -> on(Device.of("reference"), op)));
    double largest = largest(op);
    List<Tensor> outputs = run.get();
    for (int i = 0; outputs != null && i < outputs.size(); i++) {
      compare(op, largest, expected.get(i).toArray(), outputs.get(i).toArray());
    }
    return outputs;
  }

  private static List<Tensor> on(Device reference, Op.Fused op) {
    List<Tensor> inputs = op.inputs().stream().map(x -> x.to(reference)).toList();
    return reference.with(() -> op.with(inputs).outputs());
  }

  /// Results that cancel to nearly nothing may differ by as much as rounding does to their inputs.
  private void compare(Op op, double inputs, Object expected, Object actual) {
    double allowed = TOLERANCE * largest(expected) + ROUNDING * inputs + Float.MIN_NORMAL;
    for (int i = 0; i < Array.getLength(expected); i++) {
      double right = at(expected, i);
      double found = at(actual, i);
      boolean same = right == found || (Double.isNaN(right) && Double.isNaN(found));
      if (!same && !(Math.abs(right - found) <= allowed)) {
        throw new IllegalStateException(
            "%s: %s computes %s at element %d, where %s is right; its driver (%s) or a kernel is wrong"
                .formatted(
                    op.name(),
                    device.hardware().name(),
                    found,
                    i,
                    right,
                    device.hardware().driver()));
      }
    }
  }

  /// The largest magnitude among the inputs.
  private double largest(Op op) {
    return op.inputs().stream()
        .mapToDouble(x -> largest(device.download(x.storage(), x.dtype(), x.size())))
        .max()
        .orElse(0);
  }

  /// The largest magnitude that is finite.
  private static double largest(Object array) {
    double largest = 0;
    for (int i = 0; i < Array.getLength(array); i++) {
      double value = Math.abs(at(array, i));
      largest = Double.isFinite(value) ? Math.max(largest, value) : largest;
    }
    return largest;
  }

  private static double at(Object array, int i) {
    return ((Number) Array.get(array, i)).doubleValue();
  }
}
