package telos.devices.cpu;

import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromArray;
import static telos.devices.cpu.Lanes.FLOAT;
import static telos.devices.cpu.Lanes.WIDTH;

import jdk.incubator.vector.FloatVector;
import telos.tensor.Op;

/// The loops of [Binary] with one number in the place of an operand, which then costs no load: most
/// formulas are full of numbers. `y[to + i] = f(x[from + i], c)` for `i < n`.
final class WithConstant {
  private WithConstant() {}

  /// Whether there is a loop for the operation.
  static boolean has(Op op) {
    return op instanceof Op.Add
        || op instanceof Op.Sub
        || op instanceof Op.Mul
        || op instanceof Op.Div;
  }

  /// @param first whether the number is the first operand
  static void run(Op op, boolean first, float c, float[] x, int from, float[] y, int to, int n) {
    switch (op) {
      case Op.Add _ -> add(x, from, c, y, to, n);
      case Op.Mul _ -> mul(x, from, c, y, to, n);
      case Op.Sub _ when first -> subFrom(x, from, c, y, to, n);
      case Op.Sub _ -> sub(x, from, c, y, to, n);
      case Op.Div _ when first -> divInto(x, from, c, y, to, n);
      case Op.Div _ -> div(x, from, c, y, to, n);
      default -> throw new IllegalStateException(op.name() + " has no loop with a number");
    }
  }

  private static void add(float[] x, int from, float c, float[] y, int to, int n) {
    FloatVector all = broadcast(FLOAT, c);
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      fromArray(FLOAT, x, from + i).add(all).intoArray(y, to + i);
    }
    for (; i < n; i++) {
      y[to + i] = x[from + i] + c;
    }
  }

  private static void mul(float[] x, int from, float c, float[] y, int to, int n) {
    FloatVector all = broadcast(FLOAT, c);
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      fromArray(FLOAT, x, from + i).mul(all).intoArray(y, to + i);
    }
    for (; i < n; i++) {
      y[to + i] = x[from + i] * c;
    }
  }

  private static void sub(float[] x, int from, float c, float[] y, int to, int n) {
    FloatVector all = broadcast(FLOAT, c);
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      fromArray(FLOAT, x, from + i).sub(all).intoArray(y, to + i);
    }
    for (; i < n; i++) {
      y[to + i] = x[from + i] - c;
    }
  }

  /// `c - x`.
  private static void subFrom(float[] x, int from, float c, float[] y, int to, int n) {
    FloatVector all = broadcast(FLOAT, c);
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      all.sub(fromArray(FLOAT, x, from + i)).intoArray(y, to + i);
    }
    for (; i < n; i++) {
      y[to + i] = c - x[from + i];
    }
  }

  private static void div(float[] x, int from, float c, float[] y, int to, int n) {
    FloatVector all = broadcast(FLOAT, c);
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      fromArray(FLOAT, x, from + i).div(all).intoArray(y, to + i);
    }
    for (; i < n; i++) {
      y[to + i] = x[from + i] / c;
    }
  }

  /// `c / x`.
  private static void divInto(float[] x, int from, float c, float[] y, int to, int n) {
    FloatVector all = broadcast(FLOAT, c);
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      all.div(fromArray(FLOAT, x, from + i)).intoArray(y, to + i);
    }
    for (; i < n; i++) {
      y[to + i] = c / x[from + i];
    }
  }
}
