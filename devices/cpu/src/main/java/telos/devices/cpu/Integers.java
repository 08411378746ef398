package telos.devices.cpu;

import static jdk.incubator.vector.VectorOperators.AND_NOT;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.LE;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.XOR;
import static telos.devices.cpu.Lanes.BYTE;
import static telos.devices.cpu.Lanes.INT;
import static telos.devices.cpu.Lanes.WIDTH;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import org.jspecify.annotations.Nullable;
import telos.tensor.DType;
import telos.tensor.Op;
import telos.tensor.Shape;

/// Elementwise operations of I32 and BOOL: indices, labels and masks. Overflow wraps; bytes of BOOL
/// are 0 or 1, so that equality of them is an operation on bits. The loops are vectors' own: C2
/// makes none of a plain loop whose arrays might be one array at two places.
final class Integers {
  private Integers() {}

  /// False for floats and for operations that have no loop here.
  static boolean binary(Team team, Op.Binary op, Shape result, Object out) {
    Broadcast plan = Broadcast.of(result, op.a().shape(), op.b().shape());
    Object x = CpuDevice.array(op.a());
    Object y = CpuDevice.array(op.b());
    return switch (op.a().dtype()) {
      case I32 ->
          op instanceof Op.Comparison comparison
              ? run(team, plan, (int[]) x, (int[]) y, (byte[]) out, comparison(comparison))
              : run(team, plan, (int[]) x, (int[]) y, (int[]) out, arithmetic(op));
      case BOOL -> run(team, plan, (byte[]) x, (byte[]) y, (byte[]) out, logic(op));
      default -> false;
    };
  }

  private static <A, Z> boolean run(
      Team team, Broadcast plan, A x, A y, Z z, Pieces.@Nullable Pair<A, Z> loop) {
    if (loop == null) {
      return false;
    }
    Pieces.pair(team, plan, x, y, z, loop);
    return true;
  }

  private static Pieces.@Nullable Pair<int[], int[]> arithmetic(Op.Binary op) {
    return switch (op) {
      case Op.Add _ -> Integers::add;
      case Op.Sub _ -> Integers::sub;
      case Op.Mul _ -> Integers::mul;
      case Op.Maximum _ -> Integers::max;
      case Op.Minimum _ -> Integers::min;
      default -> null;
    };
  }

  private static Pieces.Pair<int[], byte[]> comparison(Op.Comparison op) {
    return switch (op) {
      case Op.Equal _ -> Integers::equal;
      case Op.Less _ -> Integers::less;
      case Op.LessEqual _ -> Integers::lessEqual;
    };
  }

  private static Pieces.@Nullable Pair<byte[], byte[]> logic(Op.Binary op) {
    return switch (op) {
      case Op.Maximum _ -> Integers::or;
      case Op.Minimum _ -> Integers::and;
      case Op.Equal _ -> Integers::same;
      default -> null;
    };
  }

  /// False for floats.
  static boolean where(Team team, Op.Where op, Shape result, Object out) {
    byte[] condition = CpuDevice.bytes(op.condition());
    Object a = CpuDevice.array(op.a());
    Object b = CpuDevice.array(op.b());
    Broadcast plan = Broadcast.of(result, op.condition().shape(), op.a().shape(), op.b().shape());
    if (op.a().dtype() == DType.I32) {
      Pieces.triple(team, plan, condition, (int[]) a, (int[]) b, (int[]) out, Integers::choose);
    } else if (op.a().dtype() == DType.BOOL) {
      Pieces.triple(team, plan, condition, (byte[]) a, (byte[]) b, (byte[]) out, Integers::choose);
    } else {
      return false;
    }
    return true;
  }

  private static void add(int[] x, int j, int[] y, int l, int[] z, int k, int n) {
    int i = 0;
    for (; i < INT.loopBound(n); i += WIDTH) {
      IntVector.fromArray(INT, x, j + i)
          .add(IntVector.fromArray(INT, y, l + i))
          .intoArray(z, k + i);
    }
    for (; i < n; i++) {
      z[k + i] = x[j + i] + y[l + i];
    }
  }

  private static void sub(int[] x, int j, int[] y, int l, int[] z, int k, int n) {
    int i = 0;
    for (; i < INT.loopBound(n); i += WIDTH) {
      IntVector.fromArray(INT, x, j + i)
          .sub(IntVector.fromArray(INT, y, l + i))
          .intoArray(z, k + i);
    }
    for (; i < n; i++) {
      z[k + i] = x[j + i] - y[l + i];
    }
  }

  private static void mul(int[] x, int j, int[] y, int l, int[] z, int k, int n) {
    int i = 0;
    for (; i < INT.loopBound(n); i += WIDTH) {
      IntVector.fromArray(INT, x, j + i)
          .mul(IntVector.fromArray(INT, y, l + i))
          .intoArray(z, k + i);
    }
    for (; i < n; i++) {
      z[k + i] = x[j + i] * y[l + i];
    }
  }

  private static void max(int[] x, int j, int[] y, int l, int[] z, int k, int n) {
    int i = 0;
    for (; i < INT.loopBound(n); i += WIDTH) {
      IntVector.fromArray(INT, x, j + i)
          .max(IntVector.fromArray(INT, y, l + i))
          .intoArray(z, k + i);
    }
    for (; i < n; i++) {
      z[k + i] = Math.max(x[j + i], y[l + i]);
    }
  }

  private static void min(int[] x, int j, int[] y, int l, int[] z, int k, int n) {
    int i = 0;
    for (; i < INT.loopBound(n); i += WIDTH) {
      IntVector.fromArray(INT, x, j + i)
          .min(IntVector.fromArray(INT, y, l + i))
          .intoArray(z, k + i);
    }
    for (; i < n; i++) {
      z[k + i] = Math.min(x[j + i], y[l + i]);
    }
  }

  private static void equal(int[] x, int j, int[] y, int l, byte[] z, int k, int n) {
    int i = 0;
    for (; i <= n - Comparisons.GROUP; i += Comparisons.GROUP) {
      long bits = 0;
      for (int r = 0; r < Comparisons.GROUP; r += WIDTH) {
        IntVector v = IntVector.fromArray(INT, x, j + i + r);
        bits |= v.compare(EQ, IntVector.fromArray(INT, y, l + i + r)).toLong() << r;
      }
      Comparisons.spread(bits, z, k + i);
    }
    for (; i < n; i++) {
      z[k + i] = (byte) (x[j + i] == y[l + i] ? 1 : 0);
    }
  }

  private static void less(int[] x, int j, int[] y, int l, byte[] z, int k, int n) {
    int i = 0;
    for (; i <= n - Comparisons.GROUP; i += Comparisons.GROUP) {
      long bits = 0;
      for (int r = 0; r < Comparisons.GROUP; r += WIDTH) {
        IntVector v = IntVector.fromArray(INT, x, j + i + r);
        bits |= v.compare(LT, IntVector.fromArray(INT, y, l + i + r)).toLong() << r;
      }
      Comparisons.spread(bits, z, k + i);
    }
    for (; i < n; i++) {
      z[k + i] = (byte) (x[j + i] < y[l + i] ? 1 : 0);
    }
  }

  private static void lessEqual(int[] x, int j, int[] y, int l, byte[] z, int k, int n) {
    int i = 0;
    for (; i <= n - Comparisons.GROUP; i += Comparisons.GROUP) {
      long bits = 0;
      for (int r = 0; r < Comparisons.GROUP; r += WIDTH) {
        IntVector v = IntVector.fromArray(INT, x, j + i + r);
        bits |= v.compare(LE, IntVector.fromArray(INT, y, l + i + r)).toLong() << r;
      }
      Comparisons.spread(bits, z, k + i);
    }
    for (; i < n; i++) {
      z[k + i] = (byte) (x[j + i] <= y[l + i] ? 1 : 0);
    }
  }

  private static void or(byte[] x, int j, byte[] y, int l, byte[] z, int k, int n) {
    int i = 0;
    for (; i < BYTE.loopBound(n); i += BYTE.length()) {
      ByteVector v = ByteVector.fromArray(BYTE, x, j + i);
      ByteVector w = ByteVector.fromArray(BYTE, y, l + i);
      v.or(w).intoArray(z, k + i);
    }
    for (; i < n; i++) {
      z[k + i] = (byte) (x[j + i] | y[l + i]);
    }
  }

  private static void and(byte[] x, int j, byte[] y, int l, byte[] z, int k, int n) {
    int i = 0;
    for (; i < BYTE.loopBound(n); i += BYTE.length()) {
      ByteVector v = ByteVector.fromArray(BYTE, x, j + i);
      ByteVector w = ByteVector.fromArray(BYTE, y, l + i);
      v.and(w).intoArray(z, k + i);
    }
    for (; i < n; i++) {
      z[k + i] = (byte) (x[j + i] & y[l + i]);
    }
  }

  private static void same(byte[] x, int j, byte[] y, int l, byte[] z, int k, int n) {
    int i = 0;
    for (; i < BYTE.loopBound(n); i += BYTE.length()) {
      ByteVector v = ByteVector.fromArray(BYTE, x, j + i);
      ByteVector w = ByteVector.fromArray(BYTE, y, l + i);
      v.lanewise(XOR, w).lanewise(XOR, 1).intoArray(z, k + i);
    }
    for (; i < n; i++) {
      z[k + i] = (byte) (x[j + i] ^ y[l + i] ^ 1);
    }
  }

  private static void choose(
      byte[] c, int h, int[] x, int j, int[] y, int l, int[] z, int k, int n) {
    int i = 0;
    for (; i <= n - Comparisons.GROUP; i += Comparisons.GROUP) {
      long bits = Comparisons.gather(c, h + i);
      for (int r = 0; r < Comparisons.GROUP; r += WIDTH) {
        IntVector.fromArray(INT, y, l + i + r)
            .blend(IntVector.fromArray(INT, x, j + i + r), VectorMask.fromLong(INT, bits >>> r))
            .intoArray(z, k + i + r);
      }
    }
    for (; i < n; i++) {
      z[k + i] = c[h + i] != 0 ? x[j + i] : y[l + i];
    }
  }

  private static void choose(
      byte[] c, int h, byte[] x, int j, byte[] y, int l, byte[] z, int k, int n) {
    int i = 0;
    for (; i < BYTE.loopBound(n); i += BYTE.length()) {
      ByteVector first = ByteVector.fromArray(BYTE, c, h + i).neg();
      ByteVector.fromArray(BYTE, x, j + i)
          .and(first)
          .or(ByteVector.fromArray(BYTE, y, l + i).lanewise(AND_NOT, first))
          .intoArray(z, k + i);
    }
    for (; i < n; i++) {
      z[k + i] = c[h + i] != 0 ? x[j + i] : y[l + i];
    }
  }
}
