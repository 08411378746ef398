package telos.devices.cpu;

import java.util.function.IntBinaryOperator;
import org.jspecify.annotations.Nullable;
import telos.tensor.DType;
import telos.tensor.Op;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// Elementwise operations of I32 and BOOL: indices, labels and masks, which are small beside the
/// floats they belong to. Plain loops; overflow wraps.
final class Integers {
  private Integers() {}

  /// False for floats and for operations that have no loop here.
  static boolean binary(Op.Binary op, Shape result, Object out) {
    IntBinaryOperator function = holds(op.a()) ? function(op) : null;
    if (function == null) {
      return false;
    }
    Object x = CpuDevice.array(op.a());
    Object y = CpuDevice.array(op.b());
    Broadcast plan = Broadcast.of(result, op.a().shape(), op.b().shape());
    int dx = plan.constant(0) ? 0 : 1;
    int dy = plan.constant(1) ? 0 : 1;
    for (int r = 0; r < plan.runs; r++) {
      int i = plan.start(0, r);
      int j = plan.start(1, r);
      for (int n = 0; n < plan.run; n++) {
        int value = function.applyAsInt(at(x, i + n * dx), at(y, j + n * dy));
        put(out, r * plan.run + n, value);
      }
    }
    return true;
  }

  private static @Nullable IntBinaryOperator function(Op.Binary op) {
    return switch (op) {
      case Op.Add _ -> (p, q) -> p + q;
      case Op.Sub _ -> (p, q) -> p - q;
      case Op.Mul _ -> (p, q) -> p * q;
      case Op.Maximum _ -> Math::max;
      case Op.Minimum _ -> Math::min;
      case Op.Equal _ -> (p, q) -> p == q ? 1 : 0;
      case Op.Less _ -> (p, q) -> p < q ? 1 : 0;
      case Op.LessEqual _ -> (p, q) -> p <= q ? 1 : 0;
      case Op.Div _, Op.Pow _ -> null;
    };
  }

  /// False for floats.
  static boolean where(Op.Where op, Shape result, Object out) {
    if (!holds(op.a())) {
      return false;
    }
    byte[] condition = CpuDevice.bytes(op.condition());
    Object a = CpuDevice.array(op.a());
    Object b = CpuDevice.array(op.b());
    Broadcast plan = Broadcast.of(result, op.condition().shape(), op.a().shape(), op.b().shape());
    int dc = plan.constant(0) ? 0 : 1;
    int da = plan.constant(1) ? 0 : 1;
    int db = plan.constant(2) ? 0 : 1;
    for (int r = 0; r < plan.runs; r++) {
      int i = plan.start(0, r);
      int j = plan.start(1, r);
      int l = plan.start(2, r);
      for (int n = 0; n < plan.run; n++) {
        int value = condition[i + n * dc] != 0 ? at(a, j + n * da) : at(b, l + n * db);
        put(out, r * plan.run + n, value);
      }
    }
    return true;
  }

  private static boolean holds(Tensor x) {
    return x.dtype() == DType.I32 || x.dtype() == DType.BOOL;
  }

  private static int at(Object array, int i) {
    return array instanceof int[] ints ? ints[i] : ((byte[]) array)[i];
  }

  private static void put(Object array, int i, int value) {
    if (array instanceof int[] ints) {
      ints[i] = value;
    } else {
      ((byte[]) array)[i] = (byte) value;
    }
  }
}
