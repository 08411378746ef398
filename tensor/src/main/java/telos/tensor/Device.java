package telos.tensor;

import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Runs operations. Shapes, dtypes and lifetimes are checked before a device sees an operation.
public interface Device extends AutoCloseable {
  /// The device new tensors are made on in this thread: that bound by [#with], else the first
  /// usable one that the property `telos.device` or the variable `TELOS_DEVICE` names
  /// (`opencl,cpu`), else `cpu`.
  static Device current() {
    return Devices.current();
  }

  /// A device by name: `reference`, `cpu`, `opencl`, `opencl:1`. Each name is opened once.
  static Device of(String name) {
    return Devices.named(name);
  }

  /// Runs `body` with this device as the current one. Independent runs side by side each bind their
  /// own.
  default <T extends @Nullable Object> T with(Supplier<T> body) {
    return Devices.with(this, body);
  }

  /// The name as [#of] takes it.
  String name();

  /// Runs an ordinary operation (never [Op.Fused], [Op.ToDevice], [Op.Reshape] or
  /// [Op.StopGradient]) whose result has this shape.
  Storage run(Op op, Shape result);

  /// Runs a fused operation by a kernel and returns results and residuals, or null where this
  /// device has none: then its definition runs.
  @Nullable List<Tensor> run(Op.Fused op);

  /// Copies `size` elements of a Java array of the dtype's kind (see [HeapStorage]) to the device.
  Storage upload(Object array, DType dtype, int size);

  /// `size` elements of one value.
  default Storage full(double value, DType dtype, int size) {
    Object array = HeapStorage.newArray(dtype, size);
    HeapStorage.fill(array, value, size);
    return upload(array, dtype, size);
  }

  /// A fresh Java array of the dtype's kind with the first `size` elements.
  Object download(Storage storage, DType dtype, int size);

  @Override
  void close();
}
