package telos.rl;

import java.util.List;
import telos.tensor.HeapStorage;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// Rows of tensors as arrays of their own, which outlive every scope.
final class FlatRows {
  private FlatRows() {}

  /// A copy of row `i`.
  ///
  /// @param like `[N, ...]`
  /// @param values its elements
  static Object row(Tensor like, Object values, int i) {
    int width = like.size() / like.dim(0);
    Object row = HeapStorage.newArray(like.dtype(), width);
    System.arraycopy(values, i * width, row, 0, width);
    return row;
  }

  /// A tensor `[rows, ...]` of rows that look like those of `like`.
  static Tensor joined(Tensor like, List<?> rows) {
    Shape element = like.shape().slice(1, like.rank());
    int width = element.size();
    Object all = HeapStorage.newArray(like.dtype(), rows.size() * width);
    for (int i = 0; i < rows.size(); i++) {
      System.arraycopy(rows.get(i), 0, all, i * width, width);
    }
    return Tensor.of(all, like.dtype(), element.insert(0, rows.size()));
  }
}
