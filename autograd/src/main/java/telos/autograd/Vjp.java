package telos.autograd;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import telos.tensor.Op;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.fused.MaximumGrad;

/// The derivative table: for each operation `y = op(inputs)` and the cotangent `g` of `y`, the
/// cotangent of one input. Rules are written in public tensor operations, so they can be
/// differentiated again.
///
/// **Kinks.** Operands that tie in [Op.Maximum], [Op.Minimum] or [Op.Max] share the derivative
/// equally. `abs` has derivative 0 at 0. [Op.Floor], [Op.Sign], comparisons and [Op.ArgMax] have
/// none.
final class Vjp {
  private Vjp() {}

  /// Whether any derivative flows through the operation.
  static boolean flows(Op op) {
    return switch (op) {
      case Op.Floor _, Op.Sign _, Op.StopGradient _, Op.ArgMax _, Op.Comparison _ -> false;
      case Op.Cast cast -> cast.x().dtype().isFloat() && cast.to().isFloat();
      case Op _ -> true;
    };
  }

  /// The cotangent of input number `i`, or null where there is none.
  ///
  /// @param y the result
  /// @param g its cotangent
  static @Nullable Tensor of(Op op, int i, Tensor y, Tensor g) {
    return switch (op) {
      case Op.Unary unary -> unary(unary, y, g);
      case Op.Binary binary -> binary(binary, i == 0, y, g);
      case Op.Where(Tensor condition, Tensor a, Tensor b) ->
          switch (i) {
            case 0 -> null;
            case 1 -> condition.where(g, scalar(0, g)).sumTo(a.shape());
            default -> condition.where(scalar(0, g), g).sumTo(b.shape());
          };
      case Op.Sum(Tensor x, int axis) -> g.unsqueeze(axis).broadcastTo(x.shape());
      case Op.Max(Tensor x, int axis) -> max(x, axis, y, g);
      case Op.ArgMax _ -> null;
      case Op.CumSum(_, int axis) -> g.flip(axis).cumSum(axis).flip(axis);
      case Op.MatMul matMul -> i == 0 ? left(matMul, g) : right(matMul, g);
      case Op.Conv2d conv -> i == 0 ? convInput(conv, g) : convWeights(conv, g);
      case Op.Reshape(Tensor x, _) -> g.reshape(x.shape());
      case Op.Permute(_, int[] order) -> g.permute(inverse(order));
      case Op.Expand(Tensor x, _) -> g.sumTo(x.shape());
      case Op.Pad(Tensor x, int[] before, _) -> window(g, before, x.shape());
      case Op.Slice slice -> unslice(slice, g);
      case Op.Flip(_, boolean[] axes) -> g.flip(marked(axes));
      case Op.Concat(List<Tensor> parts, int axis) -> part(parts, axis, i, g);
      case Op.Gather(Tensor x, Tensor index, int axis) ->
          i == 0 ? g.scatterAdd(axis, index, x.dim(axis)) : null;
      case Op.ScatterAdd(_, Tensor index, int axis, _) -> i == 0 ? g.gather(axis, index) : null;
      case Op.Fused fused ->
          throw new IllegalArgumentException(fused.name() + " is differentiated by its definition");
    };
  }

  // --- elementwise ---

  private static @Nullable Tensor unary(Op.Unary op, Tensor y, Tensor g) {
    return switch (op) {
      case Op.Neg _ -> g.neg();
      case Op.Recip _ -> g.mul(y).mul(y).neg();
      case Op.Exp _ -> g.mul(y);
      case Op.Log(Tensor x) -> g.div(x);
      case Op.Log1p(Tensor x) -> g.div(x.add(1));
      case Op.Sqrt _ -> g.div(y).mul(0.5);
      case Op.Rsqrt _ -> g.mul(y).mul(y).mul(y).mul(-0.5);
      case Op.Sin(Tensor x) -> g.mul(x.cos());
      case Op.Cos(Tensor x) -> g.mul(x.sin()).neg();
      case Op.Tanh _ -> g.mul(scalar(1, y).sub(y.mul(y)));
      case Op.Sigmoid _ -> g.mul(y).mul(scalar(1, y).sub(y));
      case Op.Erf(Tensor x) -> g.mul(x.mul(x).neg().exp()).mul(2 / Math.sqrt(Math.PI));
      case Op.Abs(Tensor x) -> g.mul(x.sign());
      case Op.Cast(Tensor x, _) -> x.dtype().isFloat() ? g.cast(x.dtype()) : null;
      case Op.ToDevice(Tensor x, _) -> g.to(x.device());
      case Op.Sign _, Op.Floor _, Op.StopGradient _ -> null;
    };
  }

  private static @Nullable Tensor binary(Op.Binary op, boolean first, Tensor y, Tensor g) {
    Tensor a = op.a();
    Tensor b = op.b();
    Tensor stretched =
        switch (op) {
          case Op.Add _ -> g;
          case Op.Sub _ -> first ? g : g.neg();
          case Op.Mul _ -> g.mul(first ? b : a);
          case Op.Div _ -> first ? g.div(b) : g.mul(y).div(b).neg();
          case Op.Pow _ -> first ? powBase(a, b, g) : powExponent(a, y, g);
          case Op.Maximum _ -> first ? larger(a, b, g) : larger(b, a, g);
          case Op.Minimum _ -> first ? larger(b, a, g) : larger(a, b, g);
          case Op.Comparison _ -> null;
        };
    return stretched == null ? null : stretched.sumTo((first ? a : b).shape());
  }

  /// `g b a^(b-1)`, and 0 where `a = b = 0`: a^0 is 1 everywhere.
  private static Tensor powBase(Tensor a, Tensor b, Tensor g) {
    Tensor both = a.eq(0).and(b.eq(0));
    return g.mul(b).mul(a.pow(both.where(scalar(1, b), b.sub(1))));
  }

  /// `g a^b log a`, and 0 where `a = 0` (the limit for b > 0).
  private static Tensor powExponent(Tensor a, Tensor y, Tensor g) {
    return g.mul(y).mul(a.maskedFill(a.eq(0), 1).log());
  }

  /// `g` where `a > b`, half of it where they tie.
  private static Tensor larger(Tensor a, Tensor b, Tensor g) {
    return new MaximumGrad(a, b, g).result();
  }

  private static Tensor scalar(double value, Tensor like) {
    return like.device().with(() -> Tensor.full(value, like.dtype(), Shape.SCALAR));
  }

  // --- along one axis ---

  private static Tensor max(Tensor x, int axis, Tensor y, Tensor g) {
    Tensor hit = x.eq(y.unsqueeze(axis)).cast(x.dtype());
    return hit.mul(g.div(hit.sum(axis)).unsqueeze(axis));
  }

  // --- products ---

  /// Of `a` in `y = a b`: `g b^T`, and `b g^T` where `a` entered transposed.
  private static Tensor left(Op.MatMul op, Tensor g) {
    Tensor a = op.a();
    Tensor b = op.b();
    Tensor full =
        op.transposeA()
            ? raised(b, g.rank()).matMul(g, op.transposeB(), true)
            : g.matMul(b, false, !op.transposeB());
    return full.sumTo(a.shape());
  }

  /// Of `b` in `y = a b`: `a^T g`, and `g^T a` where `b` entered transposed. One matrix against a
  /// stack sees the stack as one tall matrix.
  private static Tensor right(Op.MatMul op, Tensor g) {
    boolean tall = op.b().rank() == 2 && op.a().rank() > 2 && !op.transposeA();
    Tensor a = tall ? rows(op.a()) : op.a();
    Tensor cotangent = tall ? rows(g) : g;
    Tensor full =
        op.transposeB()
            ? cotangent.matMul(a, true, op.transposeA())
            : a.matMul(cotangent, !op.transposeA(), false);
    return full.sumTo(op.b().shape());
  }

  private static Tensor rows(Tensor x) {
    return x.reshape(x.shape().size(0, x.rank() - 1), x.dim(-1));
  }

  /// Axes of extent 1 in front.
  private static Tensor raised(Tensor x, int rank) {
    int[] dims = new int[rank];
    Arrays.fill(dims, 1);
    System.arraycopy(x.shape().dims(), 0, dims, rank - x.rank(), x.rank());
    return x.reshape(dims);
  }

  /// `dx[b,c,h,w] = sum over o,i,j of g'[b,o,h+p-i,w+p-j] w[o,c,i,j]`, where `g'` has `stride - 1`
  /// zeros between its elements: a convolution with the flipped kernel.
  private static Tensor convInput(Op.Conv2d op, Tensor g) {
    Tensor w = op.w();
    Tensor spread = dilate(g, new int[] {1, 1, op.stride(), op.stride()});
    for (int axis = 2; axis < 4; axis++) {
      int before = w.dim(axis) - 1 - op.padding();
      int total = op.x().dim(axis) + w.dim(axis) - 1;
      spread = framed(spread, axis, before, total - before - spread.dim(axis));
    }
    return spread.conv2d(w.flip(2, 3).transpose(0, 1), 1, 0);
  }

  /// `dw[o,c,i,j] = sum over b,h,w of g'[b,o,h,w] x[b,c,h+i-p,w+j-p]`: a convolution over the
  /// batch.
  private static Tensor convWeights(Op.Conv2d op, Tensor g) {
    Tensor spread = dilate(g, new int[] {1, 1, op.stride(), op.stride()});
    Tensor byChannel = op.x().transpose(0, 1);
    Tensor full = byChannel.conv2d(spread.transpose(0, 1), 1, op.padding()).transpose(0, 1);
    return window(full, new int[4], op.w().shape());
  }

  // --- movement ---

  private static int[] inverse(int[] order) {
    int[] inverse = new int[order.length];
    for (int i = 0; i < order.length; i++) {
      inverse[order[i]] = i;
    }
    return inverse;
  }

  private static int[] marked(boolean[] axes) {
    List<Integer> marked = new ArrayList<>();
    for (int i = 0; i < axes.length; i++) {
      if (axes[i]) {
        marked.add(i);
      }
    }
    return marked.stream().mapToInt(Integer::intValue).toArray();
  }

  /// The part of `x` of a given shape that begins at `start`.
  private static Tensor window(Tensor x, int[] start, Shape shape) {
    int[] stop = new int[start.length];
    int[] step = new int[start.length];
    Arrays.setAll(stop, i -> start[i] + shape.dim(i));
    Arrays.fill(step, 1);
    return x.slice(start, stop, step);
  }

  /// The elements back to their positions, zeros elsewhere.
  private static Tensor unslice(Op.Slice op, Tensor g) {
    Tensor spread = dilate(g, op.step());
    int[] after = new int[g.rank()];
    Arrays.setAll(after, i -> op.x().dim(i) - op.start()[i] - spread.dim(i));
    return spread.pad(op.start(), after);
  }

  /// `step - 1` zeros between neighbours along each axis: `[n]` becomes `[n, step]` with zeros,
  /// then `[n step]`, of which the last `step - 1` go.
  private static Tensor dilate(Tensor x, int[] step) {
    Tensor result = x;
    for (int axis = 0; axis < step.length; axis++) {
      int n = x.dim(axis);
      if (step[axis] > 1 && n > 1) {
        Tensor padded = result.unsqueeze(axis + 1).pad(axis + 1, 0, step[axis] - 1);
        result =
            padded
                .reshape(result.shape().with(axis, n * step[axis]))
                .slice(axis, 0, (n - 1) * step[axis] + 1);
      }
    }
    return result;
  }

  /// Zeros before and after along one axis; negative counts take elements away.
  private static Tensor framed(Tensor x, int axis, int before, int after) {
    Tensor padded = x.pad(axis, Math.max(before, 0), Math.max(after, 0));
    return padded.slice(axis, Math.max(-before, 0), padded.dim(axis) - Math.max(-after, 0));
  }

  private static Tensor part(List<Tensor> parts, int axis, int i, Tensor g) {
    int from = 0;
    for (Tensor before : parts.subList(0, i)) {
      from += before.dim(axis);
    }
    return g.slice(axis, from, from + parts.get(i).dim(axis));
  }
}
