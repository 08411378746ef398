package telos.autograd;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import telos.tensor.DType;
import telos.tensor.Device;
import telos.tensor.HeapStorage;
import telos.tensor.Op;
import telos.tensor.ReferenceDevice;
import telos.tensor.Shape;
import telos.tensor.Storage;
import telos.tensor.Tensor;

/// The reference device with a count of the storages that are alive and of the operations run.
final class CountingDevice implements Device {
  int live;
  int peak;
  final Map<Class<?>, Integer> ran = new HashMap<>();

  private Storage counted(Object array) {
    live++;
    peak = Math.max(peak, live);
    return new HeapStorage(array) {
      @Override
      protected void recycle(Object freed) {
        live--;
      }
    };
  }

  @Override
  public String name() {
    return "counting";
  }

  @Override
  public Storage run(Op op, Shape result) {
    ran.merge(op.getClass(), 1, Integer::sum);
    Object array = HeapStorage.newArray(op.dtype(), result.size());
    ReferenceDevice.compute(op, result, array);
    return counted(array);
  }

  @Override
  public @Nullable List<Tensor> run(Op.Fused op) {
    return null;
  }

  @Override
  public Storage upload(Object array, DType dtype, int size) {
    Object copy = HeapStorage.newArray(dtype, size);
    System.arraycopy(array, 0, copy, 0, size);
    return counted(copy);
  }

  @Override
  public Object download(Storage storage, DType dtype, int size) {
    Object copy = HeapStorage.newArray(dtype, size);
    System.arraycopy(((HeapStorage) storage).array(), 0, copy, 0, size);
    return copy;
  }

  @Override
  public void close() {}
}
