package telos.bench;

import java.util.function.Supplier;
import telos.tensor.Rng;
import telos.tensor.Scope;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// What the rows are made of.
final class Inputs {
  /// Of the row-wise operations: 4096 x 1024 floats, 16 MB.
  static final int ROWS = 4096;

  static final int COLUMNS = 1024;

  /// Bytes of one such array.
  static final double ARRAY = (double) Float.BYTES * ROWS * COLUMNS;

  private Inputs() {}

  static Tensor normal(int... dims) {
    return Rng.of(0).normal(Shape.of(dims));
  }

  /// 4096 x 1024.
  static Tensor square() {
    return normal(ROWS, COLUMNS);
  }

  /// A class in `[0, 1024)` for each of the 4096 rows.
  static Tensor labels() {
    return Rng.of(1).integers(0, COLUMNS, Shape.of(ROWS));
  }

  /// The work, its result freed at once, as in a training loop.
  static Runnable freeing(Supplier<?> work) {
    return () ->
        Scope.<Boolean>call(() -> {
          Object freed = work.get();
          return freed != null;
        });
  }
}
