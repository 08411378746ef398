package telos.tensor;

import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// With `-Dtelos.check=true`: finds the operation that makes the first NaN or infinity out of
/// finite inputs, and names it, the nearest parameter upstream and the row of the batch.
public final class NumberCheck {
  private static final boolean ENABLED = Boolean.getBoolean("telos.check");
  private static final ScopedValue<Boolean> SUSPENDED = ScopedValue.newInstance();

  private NumberCheck() {}

  /// Runs `body` without the check: where infinities are meant.
  public static <T extends @Nullable Object> T suspended(Supplier<T> body) {
    return ScopedValue.where(SUSPENDED, true).call(body::get);
  }

  static boolean on() {
    return ENABLED && !SUSPENDED.isBound();
  }

  static void check(Op op, List<Tensor> outputs) {
    for (Tensor output : outputs) {
      int at = output.dtype().isFloat() ? firstNonFinite(output) : -1;
      if (at >= 0 && op.inputs().stream().allMatch(NumberCheck::finite)) {
        throw failure(op, output, at);
      }
    }
  }

  /// An input that the operation has consumed was checked when it was made.
  private static boolean finite(Tensor tensor) {
    if (!tensor.storage().alive()) {
      return true;
    }
    return switch (tensor.dtype()) {
      case F32, F64, BF16, F16 -> firstNonFinite(tensor) < 0;
      case I32, BOOL, I8, I64 -> true;
    };
  }

  private static int firstNonFinite(Tensor tensor) {
    int size = tensor.shape().size();
    Object array =
        tensor.storage() instanceof HeapStorage heap
            ? heap.array()
            : tensor.device().download(tensor.storage(), tensor.dtype(), size);
    return switch (array) {
      case float[] floats -> firstNonFinite(floats, size);
      case short[] halves ->
          firstNonFinite(halves, size, tensor.dtype() == DType.BF16 ? 0x7f80 : 0x7c00);
      default -> firstNonFinite((double[]) array, size);
    };
  }

  /// Of 16-bit floats, whose exponent bits are then all ones.
  private static int firstNonFinite(short[] values, int size, int exponent) {
    for (int i = 0; i < size; i++) {
      if ((values[i] & exponent) == exponent) {
        return i;
      }
    }
    return -1;
  }

  private static int firstNonFinite(float[] values, int size) {
    for (int i = 0; i < size; i++) {
      if (!Float.isFinite(values[i])) {
        return i;
      }
    }
    return -1;
  }

  private static int firstNonFinite(double[] values, int size) {
    for (int i = 0; i < size; i++) {
      if (!Double.isFinite(values[i])) {
        return i;
      }
    }
    return -1;
  }

  private static ArithmeticException failure(Op op, Tensor output, int at) {
    Shape shape = output.shape();
    int row = shape.rank() == 0 ? 0 : at / Math.max(1, shape.size(1, shape.rank()));
    Recorder recorder = Dispatch.recorder();
    String where = recorder == null ? "" : recorder.whereabouts(op);
    double value = output.toDoubles()[at];
    return new ArithmeticException(
        op.name()
            + ": made "
            + value
            + " from finite inputs at element "
            + at
            + " (row "
            + row
            + ") of a result of shape "
            + shape
            + (where.isEmpty() ? "" : ", downstream of " + where));
  }
}
