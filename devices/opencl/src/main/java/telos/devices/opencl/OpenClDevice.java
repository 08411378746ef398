package telos.devices.opencl;

import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import telos.tensor.DType;
import telos.tensor.Device;
import telos.tensor.HeapStorage;
import telos.tensor.Op;
import telos.tensor.ReferenceDevice;
import telos.tensor.Shape;
import telos.tensor.Storage;
import telos.tensor.Tensor;

/// A device that OpenCL drives: a graphics processor, or the processor by way of PoCL.
///
/// Operations are put on one in-order queue and return at once; the host waits when a value is
/// read. An index outside its axis, and the division of integers by zero, are errors that only the
/// device sees: they are thrown by the next reading of a value, and name the operation.
///
/// Several host threads may use a device, and several devices may be used at once.
public final class OpenClDevice implements Device {
  /// Items of an ordinary work-group. One number for all kernels: some drivers compile a kernel
  /// anew for each.
  private static final int GROUP = 128;

  private final String name;
  private final Hardware hardware;
  private final Queue queue;
  private final Memory memory;
  private final Programs programs;
  private final Faults faults;
  private final Tuning tuning;
  private final @Nullable Check check;

  OpenClDevice(String name, Platforms.Found found) {
    this.name = name;
    this.hardware = found.hardware();
    if (!hardware.trouble().isEmpty()) {
      throw new IllegalStateException(
          "the OpenCL device '%s' cannot be used: %s"
              .formatted(hardware.name(), hardware.trouble()));
    }
    queue = new Queue(found);
    memory = new Memory(queue, hardware);
    programs = new Programs(memory, hardware);
    faults = new Faults(memory);
    tuning = new Tuning(hardware, ProgramCache.of(hardware));
    check = Boolean.getBoolean("telos.opencl.check") ? new Check(this) : null;
  }

  @Override
  public String name() {
    return name;
  }

  /// What OpenCL says of it.
  public Hardware hardware() {
    return hardware;
  }

  /// What the device's memory is used for, in bytes.
  ///
  /// @param live buffers of tensors that are in use, or not yet seen to be unused by the collector
  /// @param peak the most that `live` has been
  /// @param waiting buffers of dead tensors, kept for the next ones
  public record MemoryUse(long live, long peak, long waiting) {}

  /// What the device's memory is used for at present. What the device itself needs is not counted.
  public MemoryUse memory() {
    MemoryUse use = memory.use();
    long own = Memory.sizeClass(faults.flag().bytes());
    return new MemoryUse(use.live() - own, use.peak() - own, use.waiting());
  }

  /// Waits until everything has run, for measurements; an error met on the way is thrown.
  public void finish() {
    queue.finish();
    faults.check();
  }

  /// Measures for some seconds how products are best cut on this device, and remembers it on disk.
  /// No bit of any result depends on it.
  ///
  /// @param log takes a line for each size
  public void tune(Consumer<String> log) {
    tuning.measure(this, log);
  }

  // --- for the families of kernels ---

  Programs programs() {
    return programs;
  }

  Tuning tuning() {
    return tuning;
  }

  Faults faults() {
    return faults;
  }

  /// Items of an ordinary work-group, a power of two.
  int group() {
    return Math.min(GROUP, Integer.highestOneBit(hardware.largestGroup()));
  }

  /// Floats that an item should have side by side: a processor's items are whole vector units.
  int lanes() {
    return hardware.processor() ? hardware.lanes() : 1;
  }

  /// A buffer that holds anything.
  ///
  /// @param maker the operation that asks for it
  OpenClStorage storage(DType dtype, int size, String maker) {
    return new OpenClStorage(memory, dtype, size, maker);
  }

  /// Makes all bytes of a buffer zero.
  void clear(OpenClStorage storage) {
    queue.fill(storage.buffer(), new byte[1], storage.bytes());
  }

  /// A tensor over such a buffer.
  Tensor tensor(OpenClStorage storage, Shape shape, DType dtype) {
    return Tensor.wrap(this, storage, shape, dtype);
  }

  /// Whether the device has the types that the operation needs.
  boolean computes(Op op) {
    return hardware.doubles()
        || op.dtype() != DType.F64 && op.inputs().stream().noneMatch(x -> x.dtype() == DType.F64);
  }

  // --- memory ---

  @Override
  public Storage upload(Object array, DType dtype, int size) {
    OpenClStorage storage = storage(dtype, size, "upload");
    queue.write(storage.buffer(), array, (int) Math.min(Integer.MAX_VALUE, storage.bytes()));
    return storage;
  }

  @Override
  public Storage full(double value, DType dtype, int size) {
    boolean number = !dtype.isStorageOnly() || dtype == DType.I8;
    return number
        ? OpenClStorage.uniform(memory, value, dtype, size)
        : Device.super.full(value, dtype, size);
  }

  @Override
  public Object download(Storage storage, DType dtype, int size) {
    OpenClStorage own = OpenClStorage.of(storage);
    Object array = HeapStorage.newArray(dtype, size);
    Number uniform = own.uniform();
    if (uniform != null) {
      HeapStorage.fill(array, uniform.doubleValue(), size);
    } else {
      queue.read(own.buffer(), array, size * dtype.bytes());
    }
    faults.check();
    return array;
  }

  /// Gives everything back to OpenCL. What is asked of the device or its tensors later is an
  /// [IllegalStateException]; closing again does nothing.
  @Override
  public void close() {
    if (queue.isOpen()) {
      programs.close();
      faults.flag().consume();
      memory.close();
      queue.close();
    }
  }

  // --- operations ---

  @Override
  public Storage run(Op op, Shape result) {
    OpenClStorage out = computes(op) ? computed(op, result) : onHost(op, result);
    if (check != null) {
      check.ordinary(op, result, out);
    }
    return out;
  }

  private OpenClStorage computed(Op op, Shape result) {
    OpenClStorage out = storage(op.dtype(), result.size(), op.name());
    switch (op) {
      case Op.Movement movement when !(movement instanceof Op.Reshape) ->
          Movement.run(this, movement, result, out);
      case Op.Concat(List<Tensor> parts, int axis) ->
          Movement.concat(this, parts, axis, result, out);
      case Op.Reduction reduction -> Reduce.run(this, reduction, out);
      case Op.CumSum(Tensor x, int axis) -> Reduce.cumSum(this, x, axis, out);
      case Op.MatMul matMul -> Products.matMul(this, matMul, result, out);
      case Op.Conv2d conv -> Products.conv2d(this, conv, result, out);
      case Op.Gather gather -> Index.gather(this, gather, out);
      case Op.ScatterAdd scatter -> Index.scatterAdd(this, scatter, result, out);
      default -> Pass.run(this, op, result, out);
    }
    return out;
  }

  /// F64 on a device that has none: numbers become F64 to be read, and nothing else.
  private OpenClStorage onHost(Op op, Shape result) {
    if (!(op instanceof Op.Cast)) {
      throw new UnsupportedOperationException(
          "%s: %s has no F64; use F32, or the device cpu".formatted(op.name(), hardware.name()));
    }
    Object array = HeapStorage.newArray(op.dtype(), result.size());
    ReferenceDevice.compute(op, result, array);
    return (OpenClStorage) upload(array, op.dtype(), result.size());
  }

  @Override
  public @Nullable List<Tensor> run(Op.Fused op) {
    return check == null ? Fusion.run(this, op) : check.fused(op, () -> Fusion.run(this, op));
  }

  @Override
  public String toString() {
    return name + " " + Arrays.asList(hardware.name(), hardware.driver());
  }
}
