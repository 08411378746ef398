package telos.devices.cpu;

import java.util.List;
import telos.tensor.DType;
import telos.tensor.Op;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.fused.MaximumGrad;

/// Elementwise operations over whole tensors: chooses the loop, outside it; [Pieces] finds the
/// operands and splits the work. The loops of F32 are in [Elementary] and [Binary], those of I32
/// and BOOL in [Integers], casts in [Casts].
final class Elementwise {
  /// Elements a thread takes at once of rows, or of a small tensor.
  static final int CHUNK = 8192;

  private static final double NANOS = 0.3;

  private Elementwise() {}

  // --- one operand ---

  /// `y[to + i] = f(x[from + i])` for `i < n`.
  private interface Loop {
    void run(float[] x, int from, float[] y, int to, int n);
  }

  static void unary(Team team, Op.Unary op, float[] x, float[] y, int size) {
    Loop loop = loop(op);
    if (size <= CHUNK) {
      loop.run(x, 0, y, 0, size);
      return;
    }
    team.split(
        size, Pieces.chunk(size), NANOS, (from, to) -> loop.run(x, from, y, from, to - from));
  }

  /// `y[to + i] = f(x[from + i])` for `i < n`.
  static void unary(Op.Unary op, float[] x, int from, float[] y, int to, int n) {
    loop(op).run(x, from, y, to, n);
  }

  private static Loop loop(Op.Unary op) {
    return switch (op) {
      case Op.Neg _ -> Elementary::neg;
      case Op.Recip _ -> Elementary::recip;
      case Op.Exp _ -> Elementary::exp;
      case Op.Log _ -> Elementary::log;
      case Op.Log1p _ -> Elementary::log1p;
      case Op.Sqrt _ -> Elementary::sqrt;
      case Op.Rsqrt _ -> Elementary::rsqrt;
      case Op.Sin _ -> Trigonometry::sin;
      case Op.Cos _ -> Trigonometry::cos;
      case Op.Tanh _ -> Elementary::tanh;
      case Op.Sigmoid _ -> Elementary::sigmoid;
      case Op.Erf _ -> Elementary::erf;
      case Op.Abs _ -> Elementary::abs;
      case Op.Sign _ -> Elementary::sign;
      case Op.Floor _ -> Elementary::floor;
      case Op.Cast _, Op.ToDevice _, Op.StopGradient _ -> System::arraycopy;
    };
  }

  // --- two operands ---

  static void binary(Team team, Op.Binary op, Shape result, Object out) {
    float[] x = CpuDevice.floats(op.a());
    float[] y = CpuDevice.floats(op.b());
    boolean alike = op.a().shape().equals(op.b().shape());
    if (alike && result.size() <= CHUNK && out instanceof float[] z) {
      arithmetic(op).run(x, 0, y, 0, z, 0, result.size());
      return;
    }
    Broadcast plan = Broadcast.of(result, op.a().shape(), op.b().shape());
    if (op instanceof Op.Comparison comparison) {
      Pieces.pair(team, plan, x, y, (byte[]) out, comparison(comparison));
    } else {
      Pieces.pair(team, plan, x, y, (float[]) out, arithmetic(op));
    }
  }

  /// `z[k + i] = f(x[j + i], y[l + i])` for `i < n`.
  static void arithmetic(
      Op.Binary op, float[] x, int j, float[] y, int l, float[] z, int k, int n) {
    arithmetic(op).run(x, j, y, l, z, k, n);
  }

  /// The same for comparisons.
  static void compare(
      Op.Comparison op, float[] x, int j, float[] y, int l, byte[] z, int k, int n) {
    comparison(op).run(x, j, y, l, z, k, n);
  }

  private static Pieces.Pair<float[], float[]> arithmetic(Op.Binary op) {
    return switch (op) {
      case Op.Add _ -> Binary::add;
      case Op.Sub _ -> Binary::sub;
      case Op.Mul _ -> Binary::mul;
      case Op.Div _ -> Binary::div;
      case Op.Pow _ -> Power::pow;
      case Op.Maximum _ -> Binary::max;
      case Op.Minimum _ -> Binary::min;
      case Op.Comparison comparison ->
          throw new IllegalStateException(comparison.name() + " does not give floats");
    };
  }

  private static Pieces.Pair<float[], byte[]> comparison(Op.Comparison op) {
    return switch (op) {
      case Op.Equal _ -> Comparisons::equal;
      case Op.Less _ -> Comparisons::less;
      case Op.LessEqual _ -> Comparisons::lessEqual;
    };
  }

  // --- three operands ---

  static void where(Team team, Op.Where op, Shape result, float[] out) {
    Pieces.triple(
        team,
        Broadcast.of(result, op.condition().shape(), op.a().shape(), op.b().shape()),
        CpuDevice.bytes(op.condition()),
        CpuDevice.floats(op.a()),
        CpuDevice.floats(op.b()),
        out,
        Comparisons::choose);
  }

  /// The cotangent of a larger operand.
  static List<Tensor> maximumGrad(CpuDevice device, MaximumGrad op) {
    Shape result = op.shape();
    float[] out = device.floats(result.size());
    Pieces.triple(
        device.team(),
        Broadcast.of(result, op.a().shape(), op.b().shape(), op.g().shape()),
        CpuDevice.floats(op.a()),
        CpuDevice.floats(op.b()),
        CpuDevice.floats(op.g()),
        out,
        Comparisons::ofLarger);
    return List.of(device.tensor(out, result));
  }

  // --- casts ---

  /// False where the pair of dtypes has no loop here.
  static boolean cast(Team team, Object x, DType from, Object y, DType to, int n) {
    Team.Chunk loop =
        switch (from) {
          case F32 -> Casts.of((float[]) x, y, to);
          case F64 -> Casts.of((double[]) x, y, to);
          case I32 -> Casts.of((int[]) x, y, to);
          case BOOL, I8 -> Casts.of((byte[]) x, y, to);
          case BF16 -> Casts.of((short[]) x, y, to);
          case F16, I64 -> null;
        };
    if (loop != null) {
      team.split(n, Pieces.chunk(n), NANOS, loop);
    }
    return loop != null;
  }
}
