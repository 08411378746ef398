package telos.tensor;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What each operation means.
public final class ReferenceDevice implements Device {
  @Override
  public String name() {
    return "reference";
  }

  @Override
  public Storage run(Op op, Shape result) {
    throw new IllegalStateException(op.name());
  }

  @Override
  public @Nullable List<Tensor> run(Op.Fused op) {
    return null;
  }

  @Override
  public Storage upload(Object array, DType dtype, int size) {
    Object copy = HeapStorage.newArray(dtype, size);
    System.arraycopy(array, 0, copy, 0, size);
    return new HeapStorage(copy);
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
