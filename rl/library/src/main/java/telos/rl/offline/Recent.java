package telos.rl.offline;

import java.util.ArrayDeque;
import java.util.Deque;
import telos.tensor.DType;
import telos.tensor.HeapStorage;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// The last few tensors of one shape, in arrays of its own: they outlive the scopes in which the
/// tensors were made.
final class Recent {
  private final int most;
  private final Deque<Kept> kept = new ArrayDeque<>();

  private record Kept(Object values, DType dtype, Shape shape) {}

  /// @param most how many are kept
  Recent(int most) {
    this.most = most;
  }

  int size() {
    return kept.size();
  }

  void add(Tensor tensor) {
    if (kept.size() == most) {
      kept.removeFirst();
    }
    kept.addLast(new Kept(tensor.toArray(), tensor.dtype(), tensor.shape()));
  }

  void replaceLast(Tensor tensor) {
    kept.removeLast();
    add(tensor);
  }

  /// Their rows, those of the oldest first: `[size N, ...]` of `[N, ...]` each.
  Tensor all() {
    Kept last = kept.getLast();
    int width = last.shape().size();
    Object all = HeapStorage.newArray(last.dtype(), kept.size() * width);
    int at = 0;
    for (Kept each : kept) {
      System.arraycopy(each.values(), 0, all, at, width);
      at += width;
    }
    return Tensor.of(all, last.dtype(), last.shape().with(0, kept.size() * last.shape().dim(0)));
  }
}
