package telos.tensor;

import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import org.jspecify.annotations.Nullable;

/// What each operation means, in plain loops over doubles; each result is rounded once to its
/// dtype. Slow, dependency-free, and the oracle for every other device.
public final class ReferenceDevice implements Device {
  private final String name;

  public ReferenceDevice() {
    this("reference");
  }

  ReferenceDevice(String name) {
    this.name = name;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Storage upload(Object array, DType dtype, int size) {
    return new HeapStorage(copy(array, dtype, size));
  }

  @Override
  public Object download(Storage storage, DType dtype, int size) {
    return copy(((HeapStorage) storage).array(), dtype, size);
  }

  // System.arraycopy on Object: the element kinds are equal by construction.
  private static Object copy(Object array, DType dtype, int size) {
    Object copy = HeapStorage.newArray(dtype, size);
    System.arraycopy(array, 0, copy, 0, size);
    return copy;
  }

  /// Every fused operation runs by its definition here.
  @Override
  public @Nullable List<Tensor> run(Op.Fused op) {
    return null;
  }

  @Override
  public void close() {}

  @Override
  public Storage run(Op op, Shape result) {
    Object array = HeapStorage.newArray(op.dtype(), result.size());
    compute(op, result, array);
    return new HeapStorage(array);
  }

  /// Computes an ordinary operation on tensors of any device into `array`, of the result's dtype.
  /// Devices use it for what they have no kernel for, and to check those that they have.
  public static void compute(Op op, Shape result, Object array) {
    double[] values = evaluate(op, result);
    if (op.dtype() == DType.I32 && !(op instanceof Op.Cast)) {
      Arrays.setAll(values, i -> (int) (long) values[i]); // overflow wraps, as everywhere
    }
    ReferenceNumbers.write(values, op.dtype(), array);
  }

  private static double[] evaluate(Op op, Shape result) {
    return switch (op) {
      case Op.Unary unary -> unary(unary);
      case Op.Binary binary -> binary(binary, result);
      case Op.Where where -> where(where, result);
      case Op.Sum(Tensor x, int axis) -> sum(x, axis);
      case Op.Max(Tensor x, int axis) -> max(x, axis, false);
      case Op.ArgMax(Tensor x, int axis) -> max(x, axis, true);
      case Op.CumSum(Tensor x, int axis) -> cumSum(x, axis);
      case Op.MatMul matMul -> matMul(matMul, result);
      case Op.Conv2d conv -> conv2d(conv, result);
      case Op.Movement movement -> movement(movement, result);
      case Op.Concat(List<Tensor> parts, int axis) -> concat(parts, axis, result);
      case Op.Gather(Tensor x, Tensor index, int axis) -> gather(x, index, axis, result);
      case Op.ScatterAdd scatter -> scatterAdd(scatter, result);
      case Op.Fused fused -> throw new IllegalArgumentException(fused.name() + " is not ordinary");
    };
  }

  private static double[] values(Tensor tensor) {
    return ReferenceNumbers.read(tensor);
  }

  // --- elementwise ---

  private static double[] unary(Op.Unary op) {
    double[] x = values(op.x());
    DoubleUnaryOperator function =
        switch (op) {
          case Op.Neg _ -> v -> -v;
          case Op.Recip _ -> v -> 1 / v;
          case Op.Exp _ -> StrictMath::exp;
          case Op.Log _ -> StrictMath::log;
          case Op.Log1p _ -> StrictMath::log1p;
          case Op.Sqrt _ -> Math::sqrt;
          case Op.Rsqrt _ -> v -> 1 / Math.sqrt(v);
          case Op.Sin _ -> StrictMath::sin;
          case Op.Cos _ -> StrictMath::cos;
          case Op.Tanh _ -> StrictMath::tanh;
          case Op.Sigmoid _ -> v -> 1 / (1 + StrictMath.exp(-v));
          case Op.Erf _ -> ReferenceNumbers::erf;
          case Op.Abs _ -> Math::abs;
          case Op.Sign _ -> Math::signum;
          case Op.Floor _ -> Math::floor;
          case Op.Cast(_, DType to) when to == DType.BOOL -> v -> v == 0 ? 0 : 1;
          case Op.Cast _, Op.ToDevice _, Op.StopGradient _ -> v -> v;
        };
    Arrays.setAll(x, i -> function.applyAsDouble(x[i]));
    return x;
  }

  private static double[] binary(Op.Binary op, Shape result) {
    double[] a = values(op.a());
    double[] b = values(op.b());
    int[] fromA = stretch(op.a().shape(), result);
    int[] fromB = stretch(op.b().shape(), result);
    boolean whole = op.a().dtype() == DType.I32;
    if (whole && op instanceof Op.Div && Arrays.stream(b).anyMatch(v -> v == 0)) {
      throw new ArithmeticException("div: division of I32 by zero");
    }
    DoubleBinaryOperator function =
        switch (op) {
          case Op.Add _ -> Double::sum;
          case Op.Sub _ -> (p, q) -> p - q;
          case Op.Mul _ -> whole ? (p, q) -> ((int) p) * ((int) q) : (p, q) -> p * q;
          case Op.Div _ -> whole ? ReferenceDevice::quotient : (p, q) -> p / q;
          case Op.Pow _ -> StrictMath::pow;
          case Op.Maximum _ -> Math::max;
          case Op.Minimum _ -> Math::min;
          case Op.Equal _ -> (p, q) -> p == q ? 1 : 0;
          case Op.Less _ -> (p, q) -> p < q ? 1 : 0;
          case Op.LessEqual _ -> (p, q) -> p <= q ? 1 : 0;
        };
    double[] out = new double[result.size()];
    Arrays.setAll(out, i -> function.applyAsDouble(a[fromA[i]], b[fromB[i]]));
    return out;
  }

  /// Integer division, toward zero.
  private static double quotient(double p, double q) {
    int whole = (int) p / (int) q;
    return whole;
  }

  private static double[] where(Op.Where op, Shape result) {
    double[] condition = values(op.condition());
    double[] a = values(op.a());
    double[] b = values(op.b());
    int[] fromCondition = stretch(op.condition().shape(), result);
    int[] fromA = stretch(op.a().shape(), result);
    int[] fromB = stretch(op.b().shape(), result);
    double[] out = new double[result.size()];
    Arrays.setAll(out, i -> condition[fromCondition[i]] != 0 ? a[fromA[i]] : b[fromB[i]]);
    return out;
  }

  // --- along one axis: the input as [outer, R, inner] ---

  private static double[] sum(Tensor x, int axis) {
    double[] in = values(x);
    Axis at = Axis.of(x.shape(), axis);
    double[] out = new double[at.outer() * at.inner()];
    at.forEach((from, to, _) -> out[to] += in[from]);
    return out;
  }

  private static double[] max(Tensor x, int axis, boolean index) {
    double[] in = values(x);
    Axis at = Axis.of(x.shape(), axis);
    double[] best = new double[at.outer() * at.inner()];
    double[] where = new double[best.length];
    at.forEach((from, to, r) -> {
      boolean better = in[from] > best[to] || Double.isNaN(in[from]);
      if (r == 0 || better && !Double.isNaN(best[to])) {
        best[to] = in[from];
        where[to] = r;
      }
    });
    return index ? where : best;
  }

  private static double[] cumSum(Tensor x, int axis) {
    double[] out = values(x);
    Axis at = Axis.of(x.shape(), axis);
    at.forEach((from, _, r) -> out[from] += r == 0 ? 0 : out[from - at.inner()]);
    return out;
  }

  // --- products ---

  private static double[] matMul(Op.MatMul op, Shape result) {
    double[] a = values(op.a());
    double[] b = values(op.b());
    int rank = result.rank();
    int m = result.dim(-2);
    int n = result.dim(-1);
    int k = op.a().dim(op.transposeA() ? -2 : -1);
    Shape batch = result.slice(0, rank - 2);
    int[] fromA = stretch(op.a().shape().slice(0, rank - 2), batch);
    Shape leadingB = op.b().shape().slice(0, op.b().rank() - 2);
    int[] fromB = stretch(leadingB, batch);
    int rowA = op.transposeA() ? 1 : k;
    int colA = op.transposeA() ? m : 1;
    int rowB = op.transposeB() ? 1 : n;
    int colB = op.transposeB() ? k : 1;
    double[] c = new double[result.size()];
    for (int i = 0; i < c.length; i++) {
      int s = i / (m * n);
      int startA = fromA[s] * m * k + i / n % m * rowA;
      int startB = fromB[s] * k * n + i % n * colB;
      for (int p = 0; p < k; p++) {
        c[i] += a[startA + p * colA] * b[startB + p * rowB];
      }
    }
    return c;
  }

  private static double[] conv2d(Op.Conv2d op, Shape result) {
    double[] x = values(op.x());
    double[] w = values(op.w());
    Shape in = op.x().shape();
    Shape kernel = op.w().shape();
    int[] at = new int[4];
    double[] out = new double[result.size()];
    for (int i = 0; i < out.length; i++) {
      int rest = i;
      for (int axis = 3; axis >= 0; axis--) {
        at[axis] = rest % result.dim(axis);
        rest /= result.dim(axis);
      }
      for (int c = 0; c < in.dim(1); c++) {
        for (int kh = 0; kh < kernel.dim(2); kh++) {
          for (int kw = 0; kw < kernel.dim(3); kw++) {
            int h = at[2] * op.stride() - op.padding() + kh;
            int v = at[3] * op.stride() - op.padding() + kw;
            if (h >= 0 && h < in.dim(2) && v >= 0 && v < in.dim(3)) {
              int weight = ((at[1] * in.dim(1) + c) * kernel.dim(2) + kh) * kernel.dim(3) + kw;
              out[i] += x[((at[0] * in.dim(1) + c) * in.dim(2) + h) * in.dim(3) + v] * w[weight];
            }
          }
        }
      }
    }
    return out;
  }

  // --- movement ---

  private static double[] movement(Op.Movement op, Shape result) {
    double[] x = values(op.x());
    Shape from = op.x().shape();
    int[] strides = from.strides();
    return switch (op) {
      case Op.Reshape _ -> x;
      case Op.Permute(_, int[] order) -> {
        int[] moved = new int[order.length];
        Arrays.setAll(moved, i -> strides[order[i]]);
        yield pick(x, positions(result, 0, moved));
      }
      case Op.Expand _ -> pick(x, stretch(from, result));
      case Op.Slice(_, int[] start, _, int[] step) -> {
        int offset = 0;
        int[] moved = new int[start.length];
        for (int i = 0; i < start.length; i++) {
          offset += start[i] * strides[i];
          moved[i] = step[i] * strides[i];
        }
        yield pick(x, positions(result, offset, moved));
      }
      case Op.Flip(_, boolean[] axes) -> {
        int offset = 0;
        for (int i = 0; i < axes.length; i++) {
          offset += axes[i] ? (from.dim(i) - 1) * strides[i] : 0;
          strides[i] = axes[i] ? -strides[i] : strides[i];
        }
        yield pick(x, positions(result, offset, strides));
      }
      case Op.Pad(_, int[] before, _) -> {
        int[] wide = result.strides();
        int offset = 0;
        for (int i = 0; i < before.length; i++) {
          offset += before[i] * wide[i];
        }
        double[] out = new double[result.size()];
        int[] to = positions(from, offset, wide);
        for (int i = 0; i < x.length; i++) {
          out[to[i]] = x[i];
        }
        yield out;
      }
    };
  }

  private static double[] concat(List<Tensor> parts, int axis, Shape result) {
    double[] out = new double[result.size()];
    int inner = result.size(axis + 1, result.rank());
    int row = result.dim(axis) * inner;
    int start = 0;
    for (Tensor part : parts) {
      double[] x = values(part);
      int width = part.dim(axis) * inner;
      for (int i = 0; i < x.length; i++) {
        out[i / width * row + start + i % width] = x[i];
      }
      start += width;
    }
    return out;
  }

  private static double[] pick(double[] x, int[] positions) {
    return Arrays.stream(positions).mapToDouble(i -> x[i]).toArray();
  }

  /// For each element of `shape` in order: `offset` plus its coordinates times `strides`.
  static int[] positions(Shape shape, int offset, int[] strides) {
    int[] out = new int[shape.size()];
    int[] at = new int[shape.rank()];
    int position = offset;
    for (int i = 0; i < out.length; i++) {
      out[i] = position;
      for (int axis = at.length - 1; axis >= 0; axis--) {
        position += strides[axis];
        if (++at[axis] < shape.dim(axis)) {
          break;
        }
        position -= strides[axis] * at[axis];
        at[axis] = 0;
      }
    }
    return out;
  }

  /// For each element of the broadcast result, the element of the operand.
  static int[] stretch(Shape operand, Shape result) {
    int[] strides = operand.strides();
    int[] aligned = new int[result.rank()];
    int shift = result.rank() - operand.rank();
    for (int i = 0; i < strides.length; i++) {
      aligned[shift + i] = operand.dim(i) == 1 ? 0 : strides[i];
    }
    return positions(result, 0, aligned);
  }

  // --- index ---

  private static double[] gather(Tensor x, Tensor index, int axis, Shape result) {
    double[] in = values(x);
    int[] picks = indices("gather", index, x.dim(axis));
    int inner = x.shape().size(axis + 1, x.rank());
    double[] out = new double[result.size()];
    for (int i = 0; i < out.length; i++) {
      int pick = picks[i / inner % picks.length];
      int outer = i / inner / picks.length;
      out[i] = in[(outer * x.dim(axis) + pick) * inner + i % inner];
    }
    return out;
  }

  private static double[] scatterAdd(Op.ScatterAdd op, Shape result) {
    double[] source = values(op.source());
    int[] places = indices("scatterAdd", op.index(), op.size());
    int inner = result.size(op.axis() + 1, result.rank());
    double[] out = new double[result.size()];
    for (int i = 0; i < source.length; i++) {
      int place = places[i / inner % places.length];
      int outer = i / inner / places.length;
      out[(outer * op.size() + place) * inner + i % inner] += source[i];
    }
    return out;
  }

  private static int[] indices(String op, Tensor index, int extent) {
    int[] picks = Arrays.stream(values(index)).mapToInt(v -> (int) v).toArray();
    for (int i = 0; i < picks.length; i++) {
      if (picks[i] < 0 || picks[i] >= extent) {
        throw new IndexOutOfBoundsException(
            op + ": index " + picks[i] + " at position " + i + " lies not in [0, " + extent + ")");
      }
    }
    return picks;
  }
}
