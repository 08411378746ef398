package telos.devices.opencl;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Objects;
import org.jocl.cl_mem;
import org.jspecify.annotations.Nullable;
import telos.tensor.DType;
import telos.tensor.Storage;
import telos.tensor.Tensor;
import telos.tensor.Trace;

/// A buffer on the device, or one number that stands for all elements: kernels take it as an
/// argument, and the buffer is made only for those that need one.
final class OpenClStorage extends Storage {
  private final Memory memory;
  private final DType dtype;
  private final int size;
  private final String maker;
  private final @Nullable Number uniform;
  private Memory.@Nullable Lease lease;
  private volatile boolean alive = true;

  /// A buffer that holds anything.
  ///
  /// @param maker the operation that asks for it
  OpenClStorage(Memory memory, DType dtype, int size, String maker) {
    this(memory, dtype, size, maker, null);
    buffer();
  }

  private OpenClStorage(
      Memory memory, DType dtype, int size, String maker, @Nullable Number uniform) {
    this.memory = memory;
    this.dtype = dtype;
    this.size = size;
    this.maker = maker;
    this.uniform = uniform;
  }

  /// The same number everywhere.
  static OpenClStorage uniform(Memory memory, double value, DType dtype, int size) {
    return new OpenClStorage(memory, dtype, size, "full", number(value, dtype));
  }

  private static Number number(double value, DType dtype) {
    return switch (dtype) {
      case F32 -> (float) value;
      case F64 -> value;
      case I32 -> (int) value;
      case BOOL, I8 -> (byte) value;
      case BF16, F16, I64 -> throw new IllegalArgumentException("no number of " + dtype);
    };
  }

  /// The storage of a tensor of this device, also where the tensor is part of a [Trace].
  static OpenClStorage of(Tensor tensor) {
    return of(tensor.storage());
  }

  static OpenClStorage of(Storage storage) {
    return (OpenClStorage) (storage instanceof Trace.Value value ? value.memory() : storage);
  }

  /// The number that stands for all elements, or null.
  @Nullable Number uniform() {
    return uniform;
  }

  long bytes() {
    return (long) size * dtype.bytes();
  }

  /// The buffer; filled first where a number stood for it.
  synchronized cl_mem buffer() {
    if (!alive) {
      throw new IllegalStateException("this tensor's memory was given back when its scope ended");
    }
    if (lease == null) {
      lease = memory.take(this, Math.max(1, bytes()), maker);
      if (uniform != null) {
        memory.queue().fill(lease.buffer(), pattern(uniform), bytes());
      }
    }
    return lease.buffer();
  }

  private static byte[] pattern(Number number) {
    ByteBuffer bytes = ByteBuffer.allocate(8).order(ByteOrder.nativeOrder());
    switch (number) {
      case Float value -> bytes.putFloat(value);
      case Double value -> bytes.putDouble(value);
      case Integer value -> bytes.putInt(value);
      default -> bytes.put(number.byteValue());
    }
    return Arrays.copyOf(bytes.array(), bytes.position());
  }

  @Override
  public boolean alive() {
    return alive;
  }

  @Override
  protected synchronized void release() {
    alive = false;
    if (lease != null) {
      lease.end();
    }
  }

  /// A storage that goes on with this one's buffer; this one is dead from now on.
  synchronized OpenClStorage successor(String heir) {
    buffer();
    var next = new OpenClStorage(memory, dtype, size, heir, null);
    alive = false;
    next.lease = Objects.requireNonNull(lease).handedTo(next, heir);
    return next;
  }
}
