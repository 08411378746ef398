package telos.devices.cpu;

import telos.tensor.DType;
import telos.tensor.Op;
import telos.tensor.Shape;

/// Elementwise operations of F32 over whole tensors: splits the work, finds the operands of each
/// piece, and chooses the loop outside it.
final class Elementwise {
  /// Elements a thread takes at once.
  static final int CHUNK = 8192;

  /// Elements of a run for which a constant operand is spread out.
  private static final int SPREAD = 1024;

  private static final double NANOS = 0.3;

  private Elementwise() {}

  // --- one operand ---

  static void unary(Team team, Op.Unary op, float[] x, float[] y, int size) {
    if (size <= CHUNK) {
      unary(op, x, 0, y, 0, size);
      return;
    }
    team.split(size, CHUNK, NANOS, (from, to) -> unary(op, x, from, y, from, to - from));
  }

  /// `y[to + i] = f(x[from + i])` for `i < n`.
  static void unary(Op.Unary op, float[] x, int from, float[] y, int to, int n) {
    switch (op) {
      case Op.Neg _ -> Elementary.neg(x, from, y, to, n);
      case Op.Recip _ -> Elementary.recip(x, from, y, to, n);
      case Op.Exp _ -> Elementary.exp(x, from, y, to, n);
      case Op.Log _ -> Elementary.log(x, from, y, to, n);
      case Op.Log1p _ -> Elementary.log1p(x, from, y, to, n);
      case Op.Sqrt _ -> Elementary.sqrt(x, from, y, to, n);
      case Op.Rsqrt _ -> Elementary.rsqrt(x, from, y, to, n);
      case Op.Sin _ -> Trigonometry.sin(x, from, y, to, n);
      case Op.Cos _ -> Trigonometry.cos(x, from, y, to, n);
      case Op.Tanh _ -> Elementary.tanh(x, from, y, to, n);
      case Op.Sigmoid _ -> Elementary.sigmoid(x, from, y, to, n);
      case Op.Erf _ -> Elementary.erf(x, from, y, to, n);
      case Op.Abs _ -> Elementary.abs(x, from, y, to, n);
      case Op.Sign _ -> Elementary.sign(x, from, y, to, n);
      case Op.Floor _ -> Elementary.floor(x, from, y, to, n);
      case Op.Cast _, Op.ToDevice _, Op.StopGradient _ -> System.arraycopy(x, from, y, to, n);
    }
  }

  // --- two operands ---

  /// A constant operand of a run, spread over an array so that one loop serves all patterns.
  private static final class Constant {
    private final float[] values = new float[SPREAD];
    private int filled;

    float[] of(float value, int n) {
      boolean same =
          filled > 0 && Float.floatToRawIntBits(values[0]) == Float.floatToRawIntBits(value);
      if (!same) {
        filled = 0;
      }
      if (filled < n) {
        java.util.Arrays.fill(values, filled, n, value);
        filled = n;
      }
      return values;
    }
  }

  /// A loop over a piece of one run: `z[k + i] = f(x[j + i], y[l + i])`.
  private interface Piece {
    void run(float[] x, int j, float[] y, int l, int k, int n);
  }

  static void binary(Team team, Op.Binary op, Shape result, Object out) {
    float[] x = CpuDevice.floats(op.a());
    float[] y = CpuDevice.floats(op.b());
    boolean alike = op.a().shape().equals(op.b().shape());
    if (alike && result.size() <= CHUNK && out instanceof float[] z) {
      arithmetic(op, x, 0, y, 0, z, 0, result.size());
      return;
    }
    pieces(team, Broadcast.of(result, op.a().shape(), op.b().shape()), x, y, piece(op, out));
  }

  private static Piece piece(Op.Binary op, Object out) {
    if (op instanceof Op.Comparison comparison) {
      byte[] z = (byte[]) out;
      return (x, j, y, l, k, n) -> compare(comparison, x, j, y, l, z, k, n);
    }
    float[] z = (float[]) out;
    return (x, j, y, l, k, n) -> arithmetic(op, x, j, y, l, z, k, n);
  }

  private static void pieces(Team team, Broadcast plan, float[] x, float[] y, Piece piece) {
    boolean spread = plan.constant(0) || plan.constant(1);
    int most = spread ? SPREAD : CHUNK;
    int perRun = (plan.run + most - 1) / Math.max(1, most);
    int count = plan.runs * perRun;
    int chunk = Math.max(1, CHUNK / Math.max(1, Math.min(plan.run, most)));
    double nanos = NANOS * Math.min(plan.run, most) + 5;
    team.split(
        count,
        chunk,
        nanos,
        (from, to) -> {
          Constant left = plan.constant(0) ? new Constant() : null;
          Constant right = plan.constant(1) ? new Constant() : null;
          for (int p = from; p < to; p++) {
            int index = p / perRun;
            int at = p % perRun * most;
            int n = Math.min(most, plan.run - at);
            int j = plan.start(0, index);
            int l = plan.start(1, index);
            piece.run(
                left == null ? x : left.of(x[j], n),
                left == null ? j + at : 0,
                right == null ? y : right.of(y[l], n),
                right == null ? l + at : 0,
                index * plan.run + at,
                n);
          }
        });
  }

  /// `z[k + i] = f(x[j + i], y[l + i])` for `i < n`.
  static void arithmetic(
      Op.Binary op, float[] x, int j, float[] y, int l, float[] z, int k, int n) {
    switch (op) {
      case Op.Add _ -> Binary.add(x, j, y, l, z, k, n);
      case Op.Sub _ -> Binary.sub(x, j, y, l, z, k, n);
      case Op.Mul _ -> Binary.mul(x, j, y, l, z, k, n);
      case Op.Div _ -> Binary.div(x, j, y, l, z, k, n);
      case Op.Pow _ -> Power.pow(x, j, y, l, z, k, n);
      case Op.Maximum _ -> Binary.max(x, j, y, l, z, k, n);
      case Op.Minimum _ -> Binary.min(x, j, y, l, z, k, n);
      case Op.Comparison comparison ->
          throw new IllegalStateException(comparison.name() + " does not give floats");
    }
  }

  /// As [#arithmetic], for comparisons.
  static void compare(
      Op.Comparison op, float[] x, int j, float[] y, int l, byte[] z, int k, int n) {
    switch (op) {
      case Op.Equal _ -> Binary.equal(x, j, y, l, z, k, n);
      case Op.Less _ -> Binary.less(x, j, y, l, z, k, n);
      case Op.LessEqual _ -> Binary.lessEqual(x, j, y, l, z, k, n);
    }
  }

  // --- three operands ---

  static void where(Team team, Op.Where op, Shape result, float[] out) {
    byte[] condition = CpuDevice.bytes(op.condition());
    float[] a = CpuDevice.floats(op.a());
    float[] b = CpuDevice.floats(op.b());
    Broadcast plan = Broadcast.of(result, op.condition().shape(), op.a().shape(), op.b().shape());
    int chunk = Math.max(1, CHUNK / Math.max(1, plan.run));
    team.split(
        plan.runs,
        chunk,
        plan.run,
        (from, to) -> {
          for (int r = from; r < to; r++) {
            choose(
                condition,
                plan.start(0, r),
                plan.constant(0) ? 0 : 1,
                a,
                plan.start(1, r),
                plan.constant(1) ? 0 : 1,
                b,
                plan.start(2, r),
                plan.constant(2) ? 0 : 1,
                out,
                r * plan.run,
                plan.run);
          }
        });
  }

  /// `out[k + r] = c[i + r] ? a[j + r] : b[l + r]` for `r < n`.
  static void choose(
      byte[] c, int i, float[] a, int j, float[] b, int l, float[] out, int k, int n) {
    choose(c, i, 1, a, j, 1, b, l, 1, out, k, n);
  }

  /// Selects bits, because a branch on data costs more than both arms.
  private static void choose(
      byte[] c,
      int i,
      int di,
      float[] a,
      int j,
      int dj,
      float[] b,
      int l,
      int dl,
      float[] out,
      int k,
      int n) {
    for (int r = 0; r < n; r++) {
      int condition = c[i + r * di];
      int first = (condition | -condition) >> 31;
      int bits =
          Float.floatToRawIntBits(a[j + r * dj]) & first
              | Float.floatToRawIntBits(b[l + r * dl]) & ~first;
      out[k + r] = Float.intBitsToFloat(bits);
    }
  }

  // --- casts ---

  /// False where the pair of dtypes has no loop here.
  static boolean cast(Object x, DType from, Object y, DType to, int n) {
    if (from == DType.BOOL && to == DType.F32) {
      for (int i = 0; i < n; i++) {
        ((float[]) y)[i] = ((byte[]) x)[i];
      }
    } else if (from == DType.I32 && to == DType.F32) {
      for (int i = 0; i < n; i++) {
        ((float[]) y)[i] = ((int[]) x)[i];
      }
    } else if (from == DType.F32 && to == DType.I32) {
      for (int i = 0; i < n; i++) {
        ((int[]) y)[i] = (int) ((float[]) x)[i];
      }
    } else if (from == DType.BOOL && to == DType.I32) {
      for (int i = 0; i < n; i++) {
        ((int[]) y)[i] = ((byte[]) x)[i];
      }
    } else {
      return false;
    }
    return true;
  }
}
